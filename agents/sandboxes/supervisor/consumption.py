"""What a command and all it started use together, measured so that measuring costs little."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import NamedTuple

from . import memory
from .descendants import descendants
from .spec import RunSpec
from .survey import Survey

_OWN_VIEW = ("namespaces", "bubblewrap")
_SHORTEST_PAUSE = 0.25
# Memory fills fast, and many processes that share much make a look at it long.
_LONGEST_PAUSE = 2.0
# Shares of one core.
_MEMORY_COST, _DISK_COST, _URGENT_COST = 0.01, 0.01, 0.25
_SLICE_SECONDS = 0.01

_TOO_MUCH_MEMORY = "The command and all it started used more than {} of memory."
_TOO_MUCH_DISK = "The files of the sandbox took more than {} of disk."
_ENDLESS = "The command made more folders, or deeper ones, than can be measured."


class Breach(NamedTuple):
    """A limit that was passed: "memory" or "disk", and a sentence for people."""

    reason: str
    sentence: str


class Consumption:
    """Looks at the limits of a whole sandbox while one command runs in it.

    Its processes are those below this one, its files what the command may write.
    """

    def __init__(self, spec: RunSpec) -> None:
        self._limits = spec.limits
        self._folders = spec.writable
        self._shared_user = _shared_user(spec)
        self._began = time.time()
        self._memory_due = self._disk_due = time.monotonic() + _SHORTEST_PAUSE
        self._memory_files = 0
        self._free_before = self._free()
        self._free_at_survey = self._free_before
        self._survey: Survey | None = None
        self._steps: Iterator[None] = iter(())
        self._disk = 0

    def breach(self, init: int) -> Breach | None:
        """The limit that is passed now, if it is time to look; `init` sees the sandbox's files."""
        if time.monotonic() >= self._memory_due and self._memory(init) > self._limits.memory_bytes:
            return Breach("memory", _TOO_MUCH_MEMORY.format(size(self._limits.memory_bytes)))
        if time.monotonic() >= self._disk_due:
            return self._look_at_disk()
        return None

    def wait(self) -> float:
        """Seconds until it is time to look."""
        return max(0.0, min(self._memory_due, self._disk_due) - time.monotonic())

    # --- memory --------------------------------------------------------------------------------

    def _memory(self, init: int) -> int:
        began = time.thread_time()
        pids = descendants()
        held = self._memory_files + self._in_folders(init, pids)
        used = memory.estimate(pids, held)
        if used > self._limits.memory_bytes:
            used = memory.exactly(pids, held)
        latest = time.monotonic() + _LONGEST_PAUSE
        self._memory_due = min(_next(began, _MEMORY_COST), latest)
        return used

    def _in_folders(self, init: int, pids: list[int]) -> int:
        if self._shared_user is not None:
            own = {*pids, os.getpid()}
            return memory.in_shared_folder(self._shared_user, self._began, own)
        disks = [os.stat(folder).st_dev for folder in self._folders if _is_there(folder)]  # noqa: PTH116
        return memory.in_folders(init, disks) if init else 0

    # --- disk ----------------------------------------------------------------------------------

    def _look_at_disk(self) -> Breach | None:
        """Go on with the walk for a moment; a walk that is not over may know enough already."""
        began = time.thread_time()
        survey = self._survey or self._begin_survey()
        over = all(time.thread_time() - began < _SLICE_SECONDS for _ in self._steps)
        if survey.endless:
            return Breach("disk", _ENDLESS)
        used = self._used(survey)
        if over:
            self._disk, self._memory_files, self._survey = used, survey.memory, None
        urgent = self._is_urgent()
        cost, pause = (_URGENT_COST, 0.0) if urgent else (_DISK_COST, _SHORTEST_PAUSE)
        self._disk_due = _next(began, cost, pause)
        if used > self._limits.disk_bytes:
            return Breach("disk", _TOO_MUCH_DISK.format(size(self._limits.disk_bytes)))
        return None

    def _begin_survey(self) -> Survey:
        self._free_at_survey = self._free()
        self._survey = Survey(self._folders, descendants())
        self._steps = self._survey.steps()
        return self._survey

    def _used(self, survey: Survey) -> int:
        # What hides in a closed folder is missing on the disk all the same.
        return max(survey.disk, self._free_before - self._free()) if survey.hidden else survey.disk

    def _is_urgent(self) -> bool:
        """Whether so much was written since the last walk that the limit may be passed by now."""
        return self._disk + self._free_at_survey - self._free() > self._limits.disk_bytes

    def _free(self) -> int:
        for folder in self._folders:
            if _is_there(folder):
                facts = os.statvfs(folder)
                return facts.f_bfree * facts.f_frsize
        return 0


def _shared_user(spec: RunSpec) -> int | None:
    """Whose files in the host's /dev/shm are the command's; None where it has one of its own."""
    if spec.tier in _OWN_VIEW:
        return None
    return os.getuid() if spec.uid is None else spec.uid


def size(count: int) -> str:
    """A number of bytes as people read it."""
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if count >= unit:
            return f"{count / unit:.3g} {name}"
    return f"{count} bytes"


def _next(began: float, share: float, pause: float = _SHORTEST_PAUSE) -> float:
    """When to look again, after a look that began at `began` of this thread's time."""
    return time.monotonic() + max(pause, (time.thread_time() - began) / share)


def _is_there(folder: str) -> bool:
    return os.path.isdir(folder)  # noqa: PTH112
