"""The processes below this one, and their end. A subreaper's descendants cannot leave it."""

from __future__ import annotations

import os
import signal
import time

from .identity import all_pids, stat_fields

_PAUSE = 0.005


def kill_descendants() -> None:
    """SIGKILL all processes below this one and reap them; returns when none is left."""
    while True:
        below = descendants()
        # Stop first, so that a fork bomb cannot outrun the loop.
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in below:
                _signal(pid, number)
        if not _reap():
            return
        time.sleep(_PAUSE)


def descendants() -> list[int]:
    """The pids of all processes below this one."""
    children: dict[int, list[int]] = {}
    for pid in all_pids():
        try:
            children.setdefault(int(stat_fields(pid)[1]), []).append(pid)
        except (OSError, IndexError):
            continue  # it has ended meanwhile
    found, todo = [], [os.getpid()]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except OSError:
        return  # it has ended, or it is a helper of the kernel's that we may not touch


def _reap() -> bool:
    """Take leave of the dead; False if no child is left at all."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
    except ChildProcessError:
        return False
    return True
