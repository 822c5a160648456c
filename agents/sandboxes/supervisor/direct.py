"""Tiers 3 and 4, without namespaces: Landlock and a system call filter, or nothing but limits."""

from __future__ import annotations

import os
from typing import NoReturn

from . import landlock, seccomp
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

_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/shm")  # noqa: S108
# A unix socket on the host's disk (docker.sock) is out of Landlock's reach, so none of that family.
_FAMILIES = (seccomp.AF_INET, seccomp.AF_INET6, seccomp.AF_NETLINK)


def run_directly(spec: RunSpec, report: Report, supervisor: int) -> NoReturn:
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
            landlock.restrict(spec.read_only, [*spec.writable, *_DEVICES])
            seccomp.restrict(_FAMILIES if spec.network else ())

    uid = os.getuid() if spec.uid is None else spec.uid
    execute(spec, report, lock_down, tasks_of(uid))
    os._exit(126)
