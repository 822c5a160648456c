"""Sandboxes on providers that start one task and give no shell: ECS, Kubernetes, Cloudflare.

Such a provider implements `OneShotProvider`, and an object store `Store`; `OneShotSandboxes` makes
of the two a provider like any other. Each command is a task of its own: it gets the workspace by
address, runs one command, and leaves workspace, output and exit status behind.
"""

from __future__ import annotations

from agents.sandboxes.oneshot.base import OneShotProvider, OneShotTask, Store
from agents.sandboxes.oneshot.provider import OneShotSandboxes

__all__ = ["OneShotProvider", "OneShotSandboxes", "OneShotTask", "Store"]
