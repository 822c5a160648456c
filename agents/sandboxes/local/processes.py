"""Commands that outlive their worker: start, follow and end them by their run directory.

There is no other state, so the next worker, a reaper or a person's command can do any of it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from agents.sandboxes.base import Blocked, Event, Exited, OutputChunk, SandboxError
from agents.sandboxes.local.starting import NotStarted, fork_server
from agents.sandboxes.supervisor.blocked import read_blocked
from agents.sandboxes.supervisor.identity import all_pids, signal_process
from agents.sandboxes.supervisor.records import (
    BLOCKED,
    EXIT,
    HANDLE,
    LEASE,
    LOCK,
    OUTPUT,
    read_record,
)
from agents.sandboxes.supervisor.spec import RunSpec

# Marks the processes of a run on the tiers where they could otherwise not be found again.
TAG = "SOULCASTER_RUN"
MARKED_TIERS = ("landlock", "none")

_GRACE_SECONDS = 2.0
_DEATH_SECONDS = 10.0
_CHUNK_BYTES = 1 << 16
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.005, 0.1
# Of a command's time so far: a short one is not held up, a long one costs nothing to watch.
_PAUSE_SHARE = 0.04
_BEAT_SECONDS = 1.0


def spawn(run_dir: Path, spec: RunSpec) -> None:
    """Start the command, unless this directory has had one already.

    Raises SandboxError if it could not be started; the exit record then says why as well.
    """
    if (run_dir / HANDLE).exists():
        return
    run_dir.mkdir(mode=0o700, exist_ok=True)
    try:
        said = fork_server.start(run_dir, spec.to_json())
    except NotStarted:
        kill(run_dir)
        raise
    if said not in {"ready", "already"}:
        why = said.removeprefix("error ")[-500:] or "no reason given"
        raise SandboxError(f"The command could not be started: {why}.")


def alive(run_dir: Path) -> bool:
    """Does the supervisor live? Told by its lock, which no reuse of pids can fake."""
    try:
        lock = os.open(run_dir / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def ended(run_dir: Path) -> Exited | None:
    """How the command ended; None if it has not, or if nobody recorded it."""
    record = read_record(run_dir / EXIT)
    if record is None:
        return None
    code, number = record.get("code"), record.get("signal")
    return Exited(
        code=code if isinstance(code, int) else None,
        signal=number if isinstance(number, int) else None,
        reason=str(record.get("reason", "error")),
        error=str(record.get("error", "")),
        truncated=bool(record.get("truncated")),
    )


def follow(run_dir: Path, offset: int = 0) -> Iterator[Event]:
    """Yield output from `offset`, None about every second of silence, and at last the end.

    Each place that was blocked comes once, in between. Renews the lease of the command while it runs.
    """
    began = spoke = time.monotonic()
    pause, renewed = _SHORTEST_PAUSE, 0.0
    told = 0
    while True:
        if time.monotonic() - renewed > _BEAT_SECONDS:
            _renew(run_dir)
            renewed = time.monotonic()
        # The end is read before the output: nothing can come after it.
        end = ended(run_dir) or _lost(run_dir)
        for chunk in _output(run_dir, offset):
            yield chunk
            offset, pause, spoke = chunk.end, _SHORTEST_PAUSE, time.monotonic()
        for place in read_blocked(run_dir / BLOCKED)[told:]:
            yield Blocked(*place)
            told += 1
        if end is not None:
            yield end
            return
        if time.monotonic() - spoke > _BEAT_SECONDS:
            yield None
            spoke = time.monotonic()
        time.sleep(pause)
        longest = max(_SHORTEST_PAUSE, _PAUSE_SHARE * (time.monotonic() - began))
        pause = min(2 * pause, longest, _LONGEST_PAUSE)


def kill(run_dir: Path) -> None:
    """End the command and all it started; returns when they are gone. Idempotent."""
    handle = _handle(run_dir)
    _signal(handle, "supervisor", signal.SIGTERM)
    if not _wait_for_death(run_dir, _GRACE_SECONDS):
        _signal(handle, "init", signal.SIGKILL)
        _signal(handle, "supervisor", signal.SIGKILL)
        if not _wait_for_death(run_dir, _DEATH_SECONDS):
            raise SandboxError("A command could not be ended; restart the machine to end it.")
    if ended(run_dir) is None:
        sweep(run_dir)


def sweep(run_dir: Path) -> int:
    """End what a supervisor that was killed has left behind; says how many.

    Needed only on the tiers without a process namespace, where nothing else ends them.
    """
    if (read_record(run_dir / HANDLE) or {}).get("tier") not in MARKED_TIERS:
        return 0
    mark, count = f"{TAG}={run_dir}".encode(), 0
    deadline = time.monotonic() + _DEATH_SECONDS
    # Again until none is left: one may have forked while the list was read.
    while left := [pid for pid in all_pids() if _is_marked(pid, mark)]:
        if time.monotonic() > deadline:
            raise SandboxError("A command could not be ended; restart the machine to end it.")
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        count += len(left)
        time.sleep(_SHORTEST_PAUSE)
    return count


def _is_marked(pid: int, mark: bytes) -> bool:
    try:
        return mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False  # it has ended, or it is another user's


def _renew(run_dir: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.utime(run_dir / LEASE)


def _lost(run_dir: Path) -> Exited | None:
    """The end of a command whose supervisor is gone without a word; None if that is not so."""
    if alive(run_dir):
        return None
    # It may have written the record and gone since the caller looked.
    if recorded := ended(run_dir):
        return recorded
    sweep(run_dir)
    return Exited(None, None, "lost", "The command's supervisor is gone without a result.")


def _output(run_dir: Path, offset: int) -> Iterator[OutputChunk]:
    try:
        file = (run_dir / OUTPUT).open("rb", buffering=0)
    except FileNotFoundError:
        return
    with file:
        file.seek(offset)
        while data := file.read(_CHUNK_BYTES):
            yield OutputChunk(offset, data)
            offset += len(data)


def _handle(run_dir: Path) -> dict[str, object]:
    """Who the processes are; waits for a supervisor that is just starting to say it."""
    deadline = time.monotonic() + _GRACE_SECONDS
    while (handle := read_record(run_dir / HANDLE)) is None:
        if not alive(run_dir) or time.monotonic() > deadline:
            return {}
        time.sleep(_SHORTEST_PAUSE)
    return handle


def _signal(handle: dict[str, object], who: str, number: int) -> None:
    pid, started = handle.get(who), handle.get(f"{who}_start")
    if isinstance(pid, int) and isinstance(started, int):
        signal_process(pid, started, str(handle.get("boot_id")), number)


def _wait_for_death(run_dir: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while alive(run_dir):
        if time.monotonic() > deadline:
            return False
        time.sleep(_SHORTEST_PAUSE)
    return True
