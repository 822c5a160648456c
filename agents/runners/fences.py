"""Strangers' text for agents: without what nobody sees, and never too long. See also Fence."""

from __future__ import annotations

from clusters.planner.fencing import Fence, visible

__all__ = ["Fence", "shorten", "visible"]


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, the middle left out: both ends of an output are telling."""
    if len(text) <= limit:
        return text
    head = limit * 2 // 3
    tail = limit - head
    return f"{text[:head]}\n[... {len(text) - limit} characters left out ...]\n{text[-tail:]}"
