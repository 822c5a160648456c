"""One walk over everything that a command may have filled, in small steps."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence

# So that empty files and folders, too, come to an end.
_LEAST_BYTES = 4096
_MOST_WAITING = 200_000
_STRIDE = 32


class Survey:
    """Counts while `steps` is driven: `disk` and `memory` are bytes so far.

    `hidden` says that there is a folder that cannot be read, `endless` one that is too deep or
    too wide for any honest purpose.
    """

    def __init__(self, folders: Sequence[str], pids: Iterable[int]) -> None:
        """`folders` are what may be written; `pids` whose open files count as well."""
        self.disk = 0
        self.memory = 0
        self.hidden = False
        self.endless = False
        self._folders = folders
        self._pids = pids
        self._seen = 0

    def steps(self) -> Iterator[None]:
        """Count everything once; pauses after every few entries."""
        disks = {device for folder in self._folders if (device := _device(folder)) is not None}
        waiting = list(self._folders)
        while waiting:
            yield from self._folder(waiting.pop(), waiting)
            if len(waiting) > _MOST_WAITING:
                self.endless = True
                return
        yield from self._open_files(disks)

    def _folder(self, folder: str, waiting: list[str]) -> Iterator[None]:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self._entry(entry, waiting)
                    if self._is_time_for_a_pause():
                        yield
        except OSError as error:
            self.endless = self.endless or error.errno == errno.ENAMETOOLONG
            self.hidden = self.hidden or error.errno == errno.EACCES

    def _entry(self, entry: os.DirEntry[str], waiting: list[str]) -> None:
        try:
            facts = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return
        # Each of its names carries its part, so that a file counts once.
        links = 1 if stat.S_ISDIR(facts.st_mode) else max(1, facts.st_nlink)
        self.disk += max(facts.st_blocks * 512 // links, _LEAST_BYTES // links)
        if stat.S_ISDIR(facts.st_mode):
            waiting.append(entry.path)

    def _open_files(self, disks: set[int]) -> Iterator[None]:
        """Files without a name: removed ones that are still open, and those made in memory."""
        counted: set[tuple[int, int]] = set()
        for pid in self._pids:
            for link in _descriptors(pid):
                facts = _nameless(link)
                if facts and (facts.st_dev, facts.st_ino) not in counted:
                    counted.add((facts.st_dev, facts.st_ino))
                    self._count_nameless(facts, disks, link)
                if self._is_time_for_a_pause():
                    yield

    def _count_nameless(self, facts: os.stat_result, disks: set[int], link: str) -> None:
        if facts.st_dev in disks:
            self.disk += facts.st_blocks * 512
        elif _target(link).startswith("/memfd:"):
            self.memory += facts.st_blocks * 512

    def _is_time_for_a_pause(self) -> bool:
        self._seen += 1
        return self._seen % _STRIDE == 0


def _device(folder: str) -> int | None:
    try:
        return os.stat(folder).st_dev  # noqa: PTH116
    except OSError:
        return None


def _descriptors(pid: int) -> list[str]:
    folder = f"/proc/{pid}/fd"
    try:
        return [f"{folder}/{name}" for name in os.listdir(folder)]  # noqa: PTH208
    except OSError:
        return []  # it has ended, or we may not look


def _nameless(link: str) -> os.stat_result | None:
    try:
        facts = os.stat(link)  # noqa: PTH116
    except OSError:
        return None
    return facts if stat.S_ISREG(facts.st_mode) and not facts.st_nlink else None


def _target(link: str) -> str:
    try:
        return os.readlink(link)  # noqa: PTH115
    except OSError:
        return ""
