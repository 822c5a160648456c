"""The Linux calls that the standard library does not offer, by ctypes."""

from __future__ import annotations

import ctypes
import os
import signal
import struct
from collections.abc import Iterator
from contextlib import contextmanager

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

_SYS_MOUNT_SETATTR = 442
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID = 1, 2
_CAPABILITY_VERSION_3 = 0x20080522

libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> int:
    """The result of a libc call; raises OSError with `what` if it failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(number: int, *arguments: object) -> int:
    """A raw system call."""
    return check(libc.syscall(ctypes.c_long(number), *arguments), f"system call {number}")


def prctl(option: int, *arguments: int) -> int:
    """prctl(2) with up to four numbers."""
    padded = [ctypes.c_ulong(a) for a in (*arguments, 0, 0, 0, 0)[:4]]
    return check(libc.prctl(option, *padded), f"prctl {option}")


def unshare(flags: int) -> None:
    """Leave the namespaces of `flags` for fresh ones."""
    check(libc.unshare(flags), "new namespaces")


def mount(
    source: str | None, target: str, kind: str | None, flags: int = 0, data: str | None = None
) -> None:
    """mount(2)."""
    check(
        libc.mount(_path(source), _path(target), _path(kind), ctypes.c_ulong(flags), _path(data)),
        f"mount {target}",
    )


def bind(source: str, target: str, *, read_only: bool) -> None:
    """Show `source`, with all that is mounted below it, at the existing `target`."""
    mount(source, target, None, MS_BIND | MS_REC)
    # One recursive call (kernel 5.12); a remount per mount would trip over locked flags.
    attributes = _MOUNT_ATTR_NOSUID | (_MOUNT_ATTR_RDONLY if read_only else 0)
    set_mount_attributes(target, attributes, recursive=True)


def make_read_only(target: str) -> None:
    """Make this one mount read-only."""
    set_mount_attributes(target, _MOUNT_ATTR_RDONLY, recursive=False)


def set_mount_attributes(target: str, attributes: int, *, recursive: bool) -> None:
    """mount_setattr(2)."""
    block = struct.pack("QQQQ", attributes, 0, 0, 0)
    at_flags = _AT_RECURSIVE if recursive else 0
    syscall(_SYS_MOUNT_SETATTR, _AT_FDCWD, os.fsencode(target), at_flags, block, len(block))


def pivot_root(new_root: str, put_old: str) -> None:
    """pivot_root(2)."""
    machine = os.uname().machine
    if machine not in _SYS_PIVOT_ROOT:
        raise OSError(f"own namespaces are not known on {machine}")
    syscall(_SYS_PIVOT_ROOT[machine], os.fsencode(new_root), os.fsencode(put_old))


def detach_mount(target: str) -> None:
    """Take a mount away; what is open on it stays open."""
    check(libc.umount2(os.fsencode(target), MNT_DETACH), f"unmount {target}")


def drop_capabilities() -> None:
    """Give up every capability of this process."""
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    check(libc.capset(header, bytes(24)), "drop capabilities")


def drop_bounding_set() -> None:
    """Make sure that no program run from here can regain a capability."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            return  # past the last one that this kernel knows


def become(uid: int) -> None:
    """Be this user (and group of the same number) for good."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


@contextmanager
def files_as(uid: int | None) -> Iterator[None]:
    """Open files, those of /proc above all, as this user; None for no change."""
    if uid is None:
        yield
        return
    own = os.geteuid(), os.getegid()
    try:
        libc.setfsgid(uid)
        libc.setfsuid(uid)
        yield
    finally:
        libc.setfsuid(own[0])
        libc.setfsgid(own[1])


def die_with_parent() -> None:
    """Ask for SIGKILL at the parent's death.

    A change of credentials clears it, and a parent that is already dead is not noticed: call it
    again after the change, and check the parent afterwards.
    """
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _path(text: str | None) -> bytes | None:
    return None if text is None else os.fsencode(text)
