"""The processes of a product, each of which can be killed, stopped and started again."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agents.sandboxes.supervisor.identity import all_pids, stat_fields
from soulcaster.launch.processes import Child, Command, Supervisor, start


class Company(Supervisor):
    """Starts what it is told to, and starts nothing again by itself."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(say)
        self.commands: dict[str, Command] = {}

    def start(self, command: Command) -> None:
        self.commands[command.name] = command
        super().start(command)

    def check(self) -> None:
        """Whoever kills them starts them again."""

    @property
    def names(self) -> list[str]:
        """All of them."""
        return list(self._children)

    def named(self, word: str) -> list[str]:
        """Those with this word in their names."""
        return [name for name in self._children if word in name]

    def pid(self, name: str) -> int:
        """Of the process that runs now, or ran last."""
        return self._child(name).process.pid

    def is_running(self, name: str) -> bool:
        """It has not ended."""
        return self._child(name).running

    def kill(self, name: str) -> None:
        """As the kernel does when it is out of memory; only this one process."""
        self._child(name).process.kill()
        self._child(name).process.wait()

    def end(self, name: str, number: signal.Signals, seconds: float) -> None:
        """Ask a process to end, and wait for that."""
        self._child(name).process.send_signal(number)
        self._child(name).process.wait(seconds)

    def revive(self, name: str) -> None:
        """Start it again unless it runs."""
        child = self._child(name)
        if not child.running:
            child.process = start(child.command)

    def revive_all(self) -> None:
        """Start again whatever does not run."""
        for name in self._children:
            self.revive(name)

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """Let it do nothing for the time of a block."""
        os.kill(self.pid(name), signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid(name), signal.SIGCONT)

    def children(self, name: str) -> list[int]:
        """The processes of a pool: its children that run the same program."""
        parent = self.pid(name)
        return [pid for pid in all_pids() if _parent(pid) == parent and _is_python(pid)]

    def kill_children(self, name: str) -> None:
        """Kill the processes of a pool, and leave the one that they belong to."""
        for pid in self.children(name):
            with suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(pid, signal.SIGKILL)

    @contextmanager
    def paused_children(self, name: str) -> Iterator[None]:
        """Let the processes of a pool do nothing for the time of a block; they may be killed."""
        stopped = self.children(name)
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in stopped:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def _child(self, name: str) -> Child:
        return self._children[name]


def _parent(pid: int) -> int:
    try:
        return int(stat_fields(pid)[1])
    except (OSError, IndexError):
        return 0  # it has ended meanwhile


def _is_python(pid: int) -> bool:
    try:
        return b"celery" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
