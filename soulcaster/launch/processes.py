"""Child processes that live exactly as long as the launcher.

Each child leads its own session, so that Ctrl-C reaches the launcher alone and the children are
stopped in order. The kernel ends them when the launcher dies without a word
(PR_SET_PDEATHSIG). A child that crashes is started again, later each time, until it is hopeless.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
LOG_LIMIT = 20 << 20  # bytes; one older file of the same size is kept
CRASHES_ALLOWED = 5
CRASH_WINDOW = 60.0  # seconds
LOCK_SECONDS = 10.0
BACKOFF = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds before each new start

_libc = ctypes.CDLL(None, use_errno=True)


class Hopeless(Exception):
    """A child crashes again and again, or never becomes ready; the text ends with its log."""


@dataclass(frozen=True, slots=True)
class Command:
    """What to start. `carries_others`: it is stopped after all that lean on it.

    `dies_with` is the signal a child gets when the launcher dies first. `lock` is a file that the
    child and all its children hold as long as they live.
    """

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    descriptors: Sequence[int] = ()
    lock: Path | None = None
    stop_seconds: float = 5.0
    dies_with: signal.Signals = signal.SIGKILL
    carries_others: bool = False


def start(command: Command, output: int | None = None) -> subprocess.Popen[bytes]:
    """Start a child. Call it from the main thread only: its death is what children watch."""
    launcher = os.getpid()

    def tie_to_launcher() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(command.dies_with))
        if os.getppid() != launcher:  # it died before the line above
            os._exit(1)

    with command.log.open("ab") as log, inheritable_lock(command) as locks:
        return subprocess.Popen(
            list(command.argv),
            env=dict(command.environment),
            stdin=subprocess.DEVNULL,
            stdout=log if output is None else output,
            stderr=log,
            pass_fds=(*command.descriptors, *locks),
            start_new_session=True,
            preexec_fn=tie_to_launcher,  # the launcher has no threads
        )


@contextmanager
def inheritable_lock(command: Command) -> Iterator[Sequence[int]]:
    """The descriptor of the command's lock; waits for an older holder that is still ending."""
    if command.lock is None:
        yield ()
        return
    deadline = time.monotonic() + LOCK_SECONDS
    with command.lock.open("ab") as file:
        while not _locked(file):
            if time.monotonic() > deadline:
                raise Hopeless(
                    f"An older {command.name} still uses {command.lock.parent}: end that process "
                    "and try again."
                )
            time.sleep(0.02)
        yield (file.fileno(),)


def _locked(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def run(command: Command) -> str:
    """Run a child to its end and return what it wrote to stdout; raises Hopeless."""
    command.log.write_bytes(b"")
    process = start(command, subprocess.PIPE)
    output, _ = process.communicate()
    if process.returncode:
        raise Hopeless(
            f"{command.name} {describe(process.returncode)}. "
            f"The end of {command.log}:\n{tail(command.log)}"
        )
    return output.decode()


def tail(log: Path, lines: int = 20) -> str:
    """The end of a log."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16_384))
        text = file.read().decode("utf-8", "replace")
    return "\n".join(text.splitlines()[-lines:])


def cap(log: Path, limit: int = LOG_LIMIT) -> None:
    """Set a log that grew too big aside; whoever appends to it goes on at its start."""
    if log.exists() and log.stat().st_size > limit:
        shutil.copyfile(log, log.with_suffix(".log.1"))
        os.truncate(log, 0)


@dataclass(slots=True)
class Child:
    """One child over all its starts."""

    command: Command
    process: subprocess.Popen[bytes]
    crashes: deque[float] = field(default_factory=deque)
    start_again_at: float = 0.0

    @property
    def running(self) -> bool:
        """It has not ended."""
        return self.process.poll() is None

    def ask_to_end(self) -> None:
        """The polite signal."""
        if self.running:
            self.process.terminate()

    def ends_within(self, seconds: float) -> bool:
        """Wait for its end; False when it had to be made to end."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False
        return True


class Supervisor:
    """Starts children, starts crashed ones again, and stops all."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._children: dict[str, Child] = {}

    def start(self, command: Command) -> None:
        """Start a child and keep it running."""
        cap(command.log)
        self._children[command.name] = Child(command, start(command))

    def pids(self) -> dict[str, int]:
        """The process ids by name."""
        return {name: child.process.pid for name, child in self._children.items()}

    def check(self) -> None:
        """Look after every child once; raises Hopeless when one does not stay up."""
        for child in self._children.values():
            cap(child.command.log)
            if not child.running:
                self._revive(child)

    def _revive(self, child: Child) -> None:
        now = time.monotonic()
        if not child.start_again_at:
            self._count_crash(child, now)
        elif now >= child.start_again_at:
            child.start_again_at = 0.0
            child.process = start(child.command)

    def _count_crash(self, child: Child, now: float) -> None:
        name, log = child.command.name, child.command.log
        child.crashes.append(now)
        while child.crashes[0] < now - CRASH_WINDOW:
            child.crashes.popleft()
        count = len(child.crashes)
        ending = describe(child.process.returncode)
        if count >= CRASHES_ALLOWED:
            raise Hopeless(
                f"{name} {ending} for the {count}th time within a minute, so everything is "
                f"stopped. The end of {log}:\n{tail(log)}"
            )
        pause = BACKOFF[count - 1]
        child.start_again_at = now + pause
        self._say(f"{name} {ending}; it starts again in {pause:g} s. Its log is {log}.")

    def stop(self) -> None:
        """Stop all children: together, but those that carry others after these."""
        for carriers in (False, True):
            wave = [c for c in self._children.values() if c.command.carries_others == carriers]
            for child in wave:
                child.ask_to_end()
            for child in wave:
                self._await_end(child)
        self._children.clear()

    def _await_end(self, child: Child) -> None:
        seconds = child.command.stop_seconds
        if not child.ends_within(seconds):
            self._say(f"{child.command.name} did not stop within {seconds:g} s: ended.")


def describe(returncode: int) -> str:
    """How a process ended, in words."""
    if returncode >= 0:
        return f"ended with status {returncode}"
    try:
        return f"was ended by {signal.Signals(-returncode).name}"
    except ValueError:
        return f"was ended by signal {-returncode}"
