"""Sandboxes at E2B: a virtual machine of its own for each, driven by E2B's own SDK."""

from __future__ import annotations

from agents.sandboxes.e2b.account import Account
from agents.sandboxes.e2b.provider import E2BProvider
from agents.sandboxes.e2b.sandbox import E2BSandbox

__all__ = ["Account", "E2BProvider", "E2BSandbox"]
