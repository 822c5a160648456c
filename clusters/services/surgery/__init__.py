"""People's corrections of clusters: merged, split, moved, locked. Each can be undone."""

from __future__ import annotations

from clusters.services.surgery.corrections import (
    LIMIT,
    MOST_CLUSTERS,
    lock,
    lock_all,
    merge,
    move,
    redo,
    split,
    undo,
    unlock,
)

__all__ = [
    "LIMIT",
    "MOST_CLUSTERS",
    "lock",
    "lock_all",
    "merge",
    "move",
    "redo",
    "split",
    "undo",
    "unlock",
]
