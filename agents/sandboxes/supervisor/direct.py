"""Tiers 3 and 4, without namespaces: Landlock and a system call filter, or nothing but limits."""

from __future__ import annotations

import os
import socket
from typing import NoReturn

from . import connects, landlock, seccomp
from .command import Report, execute
from .limits import tasks_of
from .spec import RunSpec
from .syscalls import (
    PR_SET_NO_NEW_PRIVS,
    become,
    die_with_parent,
    drop_bounding_set,
    drop_capabilities,
    prctl,
)

_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
# Semaphores of multiprocessing live there.
_SHARED = ("/dev/shm",)  # noqa: S108
# The first process's own, and no other's; without it, programs made with Bun do not start.
_OWN = "/proc/self"
# A unix socket on the host's disk (docker.sock) is out of Landlock's reach, so none of that family.
_FAMILIES = (seccomp.AF_INET, seccomp.AF_INET6, seccomp.AF_NETLINK)


def run_directly(
    spec: RunSpec, report: Report, supervisor: int, door: socket.socket | None
) -> NoReturn:
    """In a fresh child of the supervisor: lock down, run the command, never return."""

    def lock_down() -> None:
        if spec.uid is not None:
            drop_bounding_set()
            become(spec.uid)
        drop_capabilities()
        die_with_parent()  # here, because the change of credentials clears it
        if os.getppid() != supervisor:
            os._exit(1)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        if spec.tier == "landlock":
            writable = [*spec.writable, *_DEVICES]
            landlock.restrict([*spec.read_only, _OWN], writable, _SHARED, tcp=spec.network)
            if spec.gate is not None and door is not None:
                connects.install(spec.gate.port, door)
            else:
                seccomp.restrict(_FAMILIES if spec.network else (), apart=False)

    uid = os.getuid() if spec.uid is None else spec.uid
    execute(spec, report, lock_down, tasks_of(uid))
    os._exit(126)
