"""When the database has to be migrated before anything else may start."""

from __future__ import annotations

import hashlib
import os
from enum import Enum, auto
from pathlib import Path

from soulcaster.launch.home import CHECKOUT, Home


class State(Enum):
    """What the launcher knows of the database without asking it."""

    FRESH = auto()  # nothing is in it, so nothing can go wrong while it is made
    CURRENT = auto()  # this code has migrated it before
    UNKNOWN = auto()  # migrate first, start the rest then


def state(home: Home) -> State:
    """Only the embedded file can be known; a server may have been changed by others."""
    if os.environ.get("DATABASE_URL"):
        return State.UNKNOWN
    if not home.database.exists():
        return State.FRESH
    marker = home.path / "migrated"
    if marker.exists() and marker.read_text() == fingerprint():
        return State.CURRENT
    return State.UNKNOWN


def remember_migrated(home: Home) -> None:
    """The database is up to date with this code."""
    (home.path / "migrated").write_text(fingerprint())


def fingerprint() -> str:
    """Changes with every migration of ours and every release of the packages."""
    digest = hashlib.sha256((CHECKOUT / "requirements.txt").read_bytes())
    for path in migrations():
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def migrations() -> list[Path]:
    """The migrations of our applications."""
    return sorted(CHECKOUT.glob("[a-z]*/migrations/[0-9]*.py"))
