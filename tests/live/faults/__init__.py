"""Faults, injected into the real processes of a product that is started for them."""
