"""The worker's mirrors as a cache: how large they are, when they were used, and making room."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clusters.forges import git
from clusters.forges.mirrors import lock_of, locked, touched

_REMOVED = ".removed"
# Git's own limits for its automatic housekeeping.
MANY_PACKS = 50
MANY_LOOSE = 6_700


@dataclass(frozen=True, slots=True)
class Cached:
    """One mirror on this disk; `size` in bytes, `used_at` in seconds of the epoch."""

    path: Path
    size: int
    used_at: float


def mirrors(folder: Path) -> list[Cached]:
    """The mirrors in a folder, the one that was not used for the longest time first."""
    found = [
        Cached(path, _size(path), _used_at(path))
        for path in folder.glob("*.git")
        if (path / "HEAD").is_file()
    ]
    return sorted(found, key=lambda mirror: mirror.used_at)


def remove(mirror: Cached) -> bool:
    """Remove a mirror unless it was used since it was looked at; whether it is gone.

    Waits for whoever fetches into it. The next fetch makes it anew.
    """
    with locked(lock_of(mirror.path)):
        if _used_at(mirror.path) > mirror.used_at:
            return False
        # Renamed first: nobody may find one that is half there, should this process die.
        doomed = mirror.path.with_name(mirror.path.name + _REMOVED)
        mirror.path.rename(doomed)
        touched(mirror.path).unlink(missing_ok=True)
    shutil.rmtree(doomed)
    return True


def remove_left_over(folder: Path) -> None:
    """Remove what an interrupted `remove` left."""
    for path in folder.glob(f"*.git{_REMOVED}"):
        shutil.rmtree(path)


def pack(mirror: Cached) -> bool:
    """Make one pack of many; whether there was something to do. Raises GitError.

    What no reference reaches is kept for a day: somebody may be about to push it.
    """
    if not _is_scattered(mirror.path):
        return False
    with locked(lock_of(mirror.path)):
        git.run(
            ["repack", "-q", "-A", "-d", "--unpack-unreachable=1.day.ago"],
            repository=mirror.path,
            timeout=git.TRANSFER_TIMEOUT,
        )
    return True


def _is_scattered(path: Path) -> bool:
    rows = git.run(["count-objects", "-v"], repository=path).decode().splitlines()
    counts = dict(row.split(": ", 1) for row in rows if ": " in row)
    return int(counts["packs"]) > MANY_PACKS or int(counts["count"]) > MANY_LOOSE


def _used_at(path: Path) -> float:
    for file in (touched(path), path):  # older mirrors have no file of their own
        try:
            return file.stat().st_mtime
        except FileNotFoundError:
            continue
    return 0.0


def _size(path: Path) -> int:
    return sum(_sizes(path))


def _sizes(path: Path) -> Iterator[int]:
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                yield (Path(folder) / name).lstat().st_size
            except FileNotFoundError:
                continue  # git tidies while we count
