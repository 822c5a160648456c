"""Sources: connected, changed, paused, given another secret, removed, asked to fetch."""

from __future__ import annotations

from clusters.services.sources.connecting import (
    create,
    new_secret,
    of_project,
    remove,
    replace_secret,
    set_enabled,
    sync_now,
    there,
    update,
)
from clusters.services.sources.trial import test

__all__ = [
    "create",
    "new_secret",
    "of_project",
    "remove",
    "replace_secret",
    "set_enabled",
    "sync_now",
    "test",
    "there",
    "update",
]
