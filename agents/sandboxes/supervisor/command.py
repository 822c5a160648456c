"""The last lines before the command itself, in its own process."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path

from .limits import apply_limits
from .spec import RunSpec

Report = Callable[[str], None]

_OOM_SCORE = b"800"


def reset_signals() -> None:
    """Undo what python and the supervisor changed; programs started from here would inherit it."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in (
        signal.SIGPIPE,
        signal.SIGXFSZ,
        signal.SIGTERM,
        signal.SIGINT,
        signal.SIGHUP,
    ):
        signal.signal(number, signal.SIG_DFL)


def prefer_for_oom() -> None:
    """When memory runs out, let the kernel take the command and not the worker."""
    try:
        Path("/proc/self/oom_score_adj").write_bytes(_OOM_SCORE)
    except OSError:
        return  # no /proc to write to: a preference, not a protection


def execute(spec: RunSpec, report: Report, lock_down: Callable[[], None], running: int = 0) -> None:
    """Become the command; returns never, raises OSError if the sandbox could not be made.

    A program that cannot be run says so on its output and exits 127, as a shell does.
    """
    os.setsid()
    reset_signals()
    os.umask(0o022)
    prefer_for_oom()
    apply_limits(spec.limits, running=running)
    lock_down()
    # After the change of user: the folder is the command's to enter or not.
    os.chdir(spec.cwd)
    report("started\n")
    error = _exec_on_path(spec.argv, spec.env)
    os.write(2, f"cannot run {spec.argv[0]}: {os.strerror(error)}\n".encode())
    os._exit(127)


def _exec_on_path(argv: list[str], env: dict[str, str]) -> int:
    """os.execvpe without its lazy imports: the interpreter may be out of sight by now."""
    folders = [""] if "/" in argv[0] else env.get("PATH", "/usr/bin:/bin").split(":")
    error = errno.ENOENT
    for folder in folders:
        try:
            os.execve(f"{folder}/{argv[0]}" if folder else argv[0], argv, env)  # noqa: S606
        except OSError as failed:
            if failed.errno not in (errno.ENOENT, errno.ENOTDIR):
                error = failed.errno or error
    return error
