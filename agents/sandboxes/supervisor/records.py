"""The files of a run directory: all that a worker and a supervisor know of each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

LOCK = "lock"  # held with flock as long as the supervisor lives
HANDLE = "handle.json"  # who the supervisor and the sandbox's init are
LEASE = "lease"  # touched by whoever follows
OUTPUT = "out"  # stdout and stderr, merged, append only
BLOCKED = "blocked"  # one line for each place that may not be reached
EXIT = "exit.json"  # written whole, and last
MOUNT_POINT = "root"


def write_record(path: Path, record: Mapping[str, object]) -> None:
    """Write JSON so that a reader sees all of it or nothing."""
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(record))
    draft.rename(path)


def read_record(path: Path) -> dict[str, object] | None:
    """The JSON object in this file; None if it is not there (yet) or was cut short."""
    try:
        record = json.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return record if isinstance(record, dict) else None
