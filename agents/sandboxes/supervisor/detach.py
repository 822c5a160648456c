"""Leave the worker: one supervisor per run directory, in a session of its own."""

from __future__ import annotations

import fcntl
import os
import sys
import time
from pathlib import Path

from .records import HANDLE, LOCK
from .spec import RunSpec
from .watch import Watch

_LOCK_PATIENCE = 5.0


def main(run_dir: str) -> int:
    """Start the command of the spec on stdin; say `ready`, `already` or `error ...` on stdout."""
    spec = RunSpec.from_json(sys.stdin.buffer.read())
    os.chdir(run_dir)
    lock = _take_lock()
    if lock is None:
        print("already")  # noqa: T201
        return 0
    told, tell = os.pipe()
    if os.fork():
        os.close(tell)
        os.close(lock)
        return _pass_on(told)
    os.setsid()
    os.close(told)
    Watch(spec, tell).run()
    os._exit(0)  # the lock goes with the process, not a moment earlier


def _take_lock() -> int | None:
    """The lock of the run directory; None if a supervisor has it or has had it."""
    lock = os.open(LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + _LOCK_PATIENCE
    while time.monotonic() < deadline:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # Perhaps only a reader who tests for life: those hold it for a moment.
            if Path(HANDLE).exists():
                return None
            time.sleep(0.01)
        else:
            return None if Path(HANDLE).exists() else lock
    return None


def _pass_on(told: int) -> int:
    message = b""
    while not message.endswith(b"\n") and (data := os.read(told, 4096)):
        message += data
    sys.stdout.write(message.decode("utf-8", "replace") or "error the supervisor ended at once\n")
    sys.stdout.flush()
    return 0 if message.startswith(b"ready") else 1
