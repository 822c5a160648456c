"""Tier 1: own user, process, mount, network, ipc, host name and cgroup namespaces.

    supervisor -> outer (waits) -> init (pid 1 inside, reaps) -> command

Each dies with its parent, so the end of any of them ends the command and all it started.
"""

from __future__ import annotations

import os
import select
import socket
from pathlib import Path
from typing import NoReturn

from . import landlock, seccomp
from .command import Report, execute
from .doors import bring_loopback_up, open_inside
from .limits import tasks_of
from .rootfs import enter_root
from .spec import RunSpec
from .syscalls import (
    CLONE_NEWCGROUP,
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
    PR_SET_DUMPABLE,
    become,
    die_with_parent,
    drop_bounding_set,
    drop_capabilities,
    prctl,
    unshare,
)

_FAMILIES = (seccomp.AF_UNIX, seccomp.AF_INET, seccomp.AF_INET6, seccomp.AF_NETLINK)


def run_in_namespaces(
    spec: RunSpec, report: Report, supervisor: int, mount_point: str, door: socket.socket | None
) -> NoReturn:
    """In a fresh child of the supervisor: make the sandbox, run the command, never return."""
    die_with_parent()
    if spec.user_namespace:
        enter_user_namespace(spec.uid)
    running = tasks_of(spec.uid) if spec.uid is not None and not spec.user_namespace else 0
    network = 0 if spec.network else CLONE_NEWNET
    unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | network)
    die_with_parent()  # again: the change of credentials cleared it
    if os.getppid() != supervisor:
        os._exit(1)
    if spec.gate is not None and door is not None:
        open_inside(spec.gate, door)
    elif not spec.network:
        bring_loopback_up()
    alive, held = os.pipe()
    init = os.fork()
    if init:
        os.close(alive)
        _wait_for(init, report)
    os.close(held)
    _be_init(spec, report, alive, mount_point, running)


def enter_user_namespace(uid: int | None) -> None:
    """Go to a new one: as oneself, or as root beside the user `uid`."""
    prctl(PR_SET_DUMPABLE, 1)  # else /proc/self/uid_map belongs to root
    if uid is not None:
        _enter_as_root(uid)
        return
    user, group = os.getuid(), os.getgid()
    unshare(CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _enter_as_root(uid: int) -> None:
    """Map two ids: root, to build the sandbox with, and the one that the command gets."""
    go_read, go_write = os.pipe()
    me, helper = os.getpid(), os.fork()
    if not helper:  # a map of two ids can only be written from outside
        os.close(go_write)
        _write_maps(me, uid, go_read)
    os.close(go_read)
    unshare(CLONE_NEWUSER)
    os.write(go_write, b"x")
    os.close(go_write)
    if os.waitpid(helper, 0)[1]:
        raise OSError("the user ids could not be mapped")
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)


def _write_maps(process: int, uid: int, go: int) -> NoReturn:
    status = 1
    try:
        if os.read(go, 1):
            for kind in ("uid", "gid"):
                Path(f"/proc/{process}/{kind}_map").write_text(f"0 0 1\n{uid} {uid} 1\n")
            status = 0
    finally:
        os._exit(status)


def _wait_for(init: int, report: Report) -> NoReturn:
    """The outer process: tell who init is, end with it."""
    prctl(PR_SET_DUMPABLE, 0)
    report(f"init {init}\n")
    _forget_output()
    os.waitpid(init, 0)
    os._exit(0)


def _be_init(
    spec: RunSpec, report: Report, outer_alive: int, mount_point: str, running: int
) -> NoReturn:
    try:
        die_with_parent()
        # getppid() says 0 in here; end of file says that the parent died before the line above.
        if select.select([outer_alive], [], [], 0)[0]:
            os._exit(1)
        enter_root(spec, mount_point)
        socket.sethostname("sandbox")
        command = os.fork()
        if not command:
            _be_command(spec, report, running)
        drop_capabilities()
        prctl(PR_SET_DUMPABLE, 0)
        _forget_output()
        _reap_until(command, report)
    except BaseException as error:  # noqa: BLE001  the supervisor hears of it, whatever it is
        report(f"error {error}\n")
        os._exit(1)


def _be_command(spec: RunSpec, report: Report, running: int) -> NoReturn:
    def lock_down() -> None:
        drop_bounding_set()
        if spec.uid is not None:
            become(spec.uid)
        drop_capabilities()
        if spec.landlock:
            writable = [*spec.writable, "/tmp", "/var/tmp", "/dev"]  # noqa: S108
            landlock.restrict(["/"], writable)
        seccomp.restrict(_FAMILIES)

    try:
        execute(spec, report, lock_down, running)
    except BaseException as error:  # noqa: BLE001  the supervisor hears of it, whatever it is
        report(f"error {error}\n")
    os._exit(126)


def _reap_until(command: int, report: Report) -> NoReturn:
    while True:
        pid, status = os.wait()
        if pid == command:
            report(f"status {status}\n")
            os._exit(0)  # the kernel kills whatever is left in the namespace


def _forget_output() -> None:
    """Let go of the output pipe, so that it ends with the command and its children."""
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
