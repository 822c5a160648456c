"""Tier 2: bubblewrap builds the namespaces; we add the system call filter and the limits."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

from . import seccomp
from .command import prefer_for_oom, reset_signals
from .doors import open_inside
from .limits import apply_limits, tasks_of
from .namespaces import enter_user_namespace
from .spec import RunSpec
from .syscalls import CLONE_NEWNET, become, die_with_parent, unshare

# Only so that a program that cannot be run says 127, as on every other tier.
_VIA_SHELL = ("/bin/sh", "-c", 'exec "$0" "$@"')
_FAMILIES = (seccomp.AF_UNIX, seccomp.AF_INET, seccomp.AF_INET6, seccomp.AF_NETLINK)


def run_in_bubblewrap(
    spec: RunSpec, status_fd: int, supervisor: int, door: socket.socket | None
) -> NoReturn:
    """In a fresh child of the supervisor: become bubblewrap; raises OSError if it cannot be run.

    It writes JSON lines to `status_fd`: first `child-pid`, at the end `exit-code`.
    """
    os.setsid()
    reset_signals()
    os.umask(0o022)
    prefer_for_oom()
    uid = os.getuid() if spec.uid is None else spec.uid
    apply_limits(spec.limits, running=tasks_of(uid))
    if spec.uid is not None:
        # As root, the command's user would stay root outside: no process limit, /proc writable.
        become(spec.uid)
    if spec.gate is not None and door is not None:
        enter_user_namespace(None)
        unshare(CLONE_NEWNET)
        open_inside(spec.gate, door)
    die_with_parent()
    if os.getppid() != supervisor:
        os._exit(1)
    # In memory: arguments stand in /proc/<pid>/cmdline, and there are secrets among them.
    arguments = _in_memory(b"".join(os.fsencode(a) + b"\0" for a in _arguments(spec, status_fd)))
    os.set_inheritable(status_fd, True)
    argv = ["bwrap", "--args", str(arguments), "--", *_VIA_SHELL, *spec.argv]
    os.execve(spec.bwrap, argv, {})  # noqa: S606
    raise OSError("bubblewrap did not start")


def _arguments(spec: RunSpec, status_fd: int) -> list[str]:
    options = ["--die-with-parent", "--unshare-user", "--unshare-all", "--cap-drop", "ALL"]
    options += ["--new-session", "--clearenv", "--hostname", "sandbox"]
    options += ["--json-status-fd", str(status_fd)]
    options += ["--seccomp", str(_in_memory(seccomp.build_program(_FAMILIES)))]
    if spec.network or spec.gate is not None:
        options.append("--share-net")  # with a gate, that of the empty namespace we are in
    options += ["--proc", "/proc", "--dev", "/dev", "--dir", "/run"]
    options += ["--perms", "1777", "--tmpfs", "/tmp", "--perms", "1777", "--tmpfs", "/var/tmp"]  # noqa: S108
    for name, text in spec.etc_files.items():
        options += ["--ro-bind-data", str(_in_memory(text.encode())), f"/etc/{name}"]
    for path in spec.read_only:
        options += _read_only(path)
    for path in spec.writable:
        options += ["--bind", path, path]
    if spec.tmp is not None:
        options += ["--bind", spec.tmp, "/tmp"]  # noqa: S108
    options += _environment(spec.env.items())
    # bubblewrap 0.8 covers /proc/sys only for users who could not write there anyway.
    options += ["--ro-bind", "/proc/sys", "/proc/sys", "--remount-ro", "/"]
    return [*options, "--chdir", spec.cwd]


def _read_only(path: str) -> list[str]:
    source = Path(path)
    if source.is_symlink():
        return ["--symlink", str(source.readlink()), path]
    return ["--ro-bind", path, path] if source.exists() else []


def _environment(variables: Iterable[tuple[str, str]]) -> list[str]:
    return [word for name, value in variables for word in ("--setenv", name, value)]


def _in_memory(data: bytes) -> int:
    """A descriptor, open at the start, that the next program inherits."""
    descriptor = os.memfd_create("sandbox", 0)
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.set_inheritable(descriptor, True)
    return descriptor
