"""Which CPUs a command gets: as many as its limit says, and not those of other commands."""

from __future__ import annotations

import os
import random
import socket

_NAME = "\0soulcaster-cpu-{}"


class Cpus:
    """The choice for one command. It holds as long as this object and its process live.

    A CPU is taken by the name of a socket: such a name has one owner, and leaves no trace.
    """

    def __init__(self, count: int) -> None:
        """`count` of those that this process may use; all of them, if it may not use more."""
        self._held: list[socket.socket] = []
        usable = sorted(os.sched_getaffinity(0))
        self.chosen = set(usable)
        if 0 < count < len(usable):
            self.chosen = self._choose(usable, count)

    def bind(self) -> None:
        """Keep this process, and all that it starts, to them."""
        if self.chosen == os.sched_getaffinity(0):
            return
        try:
            os.sched_setaffinity(0, self.chosen)
        except PermissionError:
            return  # we are in a container that forbids it, and has limits of its own

    def _choose(self, usable: list[int], count: int) -> set[int]:
        random.shuffle(usable)  # where all are taken, not everybody on the same
        free: list[int] = []
        for cpu in usable:
            if len(free) < count and self._take(cpu):
                free.append(cpu)
        rest = [cpu for cpu in usable if cpu not in free]
        return {*free, *rest[: count - len(free)]}

    def _take(self, cpu: int) -> bool:
        try:
            holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        except OSError:
            return False  # no such sockets here: chance alone spreads
        try:
            holder.bind(_NAME.format(cpu))
        except OSError:
            holder.close()
            return False
        self._held.append(holder)
        return True
