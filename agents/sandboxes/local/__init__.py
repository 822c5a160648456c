"""Sandboxes on this machine: own namespaces, bubblewrap, Landlock, or (marked so) nothing."""

from __future__ import annotations

from agents.sandboxes.local.provider import TIERS, LocalProvider
from agents.sandboxes.local.sandbox import LocalSandbox

__all__ = ["TIERS", "LocalProvider", "LocalSandbox"]
