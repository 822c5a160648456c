"""A worker's own folder for one execution."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Seconds after which one of a worker that was killed is removed, if no other took its job.
LONGEST = 24 * 3600.0


@contextmanager
def folder(home: Path, execution: int, fence: int) -> Iterator[Path]:
    """A fresh folder for one worker, removed at the end; one that lost its lease has another."""
    own = home / f"{execution}-{fence}"
    own.mkdir(parents=True, mode=0o700)
    _tidy(own, execution)
    try:
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _tidy(own: Path, execution: int) -> None:
    """Remove what workers that were killed have left beside it."""
    for other in own.parent.iterdir():
        is_earlier = other != own and other.name.partition("-")[0] == str(execution)
        if is_earlier or _age(other) > LONGEST:
            shutil.rmtree(other, ignore_errors=True)


def _age(path: Path) -> float:
    """Seconds since something was made or removed in it; 0 when somebody else removed it."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
