"""E2B on this machine: its control plane, its envd and its machines, for the real SDK."""
