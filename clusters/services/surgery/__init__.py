"""People's corrections of clusters: merged, split, moved, locked. Each can be undone."""

from __future__ import annotations

from clusters.services.changes.states import LIMIT
from clusters.services.surgery.corrections import (
    MOST_CLUSTERS,
    lock,
    lock_all,
    merge,
    move,
    split,
    unlock,
)
from clusters.services.surgery.undoing import redo, undo

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
