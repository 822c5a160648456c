"""seccomp: which system calls a process and its children may make."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Collection
from typing import NamedTuple

from .syscalls import CLONE_NEWUSER, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, prctl

AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16

_LOAD, _EQUALS, _AT_LEAST, _HAS_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_MODE_FILTER = 2
_X32 = 0x40000000
_CLONE3 = 435
# open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr, io_uring_*
_DENIED_EVERYWHERE = (428, 429, 430, 431, 432, 433, 442, 425, 426, 427)

_Instruction = tuple[int, int, int, int]


class _Machine(NamedTuple):
    audit: int
    socket: int
    clone: int
    denied: dict[str, int]


_MACHINES = {
    "x86_64": _Machine(
        audit=0xC000003E,
        socket=41,
        clone=56,
        denied={
            "mount": 165,
            "umount2": 166,
            "pivot_root": 155,
            "chroot": 161,
            "unshare": 272,
            "setns": 308,
            "keyctl": 250,
            "add_key": 248,
            "request_key": 249,
            "bpf": 321,
            "perf_event_open": 298,
            "ptrace": 101,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "userfaultfd": 323,
            "open_by_handle_at": 304,
            "kexec_load": 246,
            "kexec_file_load": 320,
            "init_module": 175,
            "finit_module": 313,
            "delete_module": 176,
            "acct": 163,
            "swapon": 167,
            "swapoff": 168,
            "reboot": 169,
        },
    ),
    "aarch64": _Machine(
        audit=0xC00000B7,
        socket=198,
        clone=220,
        denied={
            "mount": 40,
            "umount2": 39,
            "pivot_root": 41,
            "chroot": 51,
            "unshare": 97,
            "setns": 268,
            "keyctl": 219,
            "add_key": 217,
            "request_key": 218,
            "bpf": 280,
            "perf_event_open": 241,
            "ptrace": 117,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "userfaultfd": 282,
            "open_by_handle_at": 265,
            "kexec_load": 104,
            "kexec_file_load": 294,
            "init_module": 105,
            "finit_module": 273,
            "delete_module": 106,
            "acct": 89,
            "swapon": 224,
            "swapoff": 225,
            "reboot": 142,
        },
    ),
}


def restrict(families: Collection[int]) -> None:
    """Filter this process and its children for good; only these socket families remain."""
    program = build_program(families)
    code = ctypes.create_string_buffer(program)
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    pointer = ctypes.create_string_buffer(header)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(pointer))


def build_program(families: Collection[int]) -> bytes:
    """The filter as the kernel takes it; raises OSError on an unknown machine."""
    name = os.uname().machine
    if name not in _MACHINES:
        raise OSError(errno.ENOSYS, f"no system call filter is known for {name}")
    machine = _MACHINES[name]
    program = [*_only_native(machine, name)]
    for number in (*machine.denied.values(), *_DENIED_EVERYWHERE):
        program += _refuse(number, errno.EPERM)
    # clone3 hides its flags behind a pointer; libc falls back to clone.
    program += _refuse(_CLONE3, errno.ENOSYS)
    program += _refuse_flag(machine.clone, CLONE_NEWUSER)
    program += _only_families(machine.socket, sorted(families))
    program.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *instruction) for instruction in program)


def _only_native(machine: _Machine, name: str) -> list[_Instruction]:
    foreign = (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)
    program = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUALS, 1, 0, machine.audit),
        foreign,
        (_LOAD, 0, 0, _NUMBER),
    ]
    if name == "x86_64":
        program += [(_AT_LEAST, 0, 1, _X32), foreign]
    return program


def _refuse(number: int, error: int) -> list[_Instruction]:
    return [(_EQUALS, 0, 1, number), (_RETURN, 0, 0, _ERRNO | error)]


def _refuse_flag(number: int, flag: int) -> list[_Instruction]:
    return [
        (_EQUALS, 0, 4, number),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_HAS_BIT, 0, 1, flag),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        (_LOAD, 0, 0, _NUMBER),
    ]


def _only_families(number: int, families: list[int]) -> list[_Instruction]:
    """socket() of any other family fails; it must be the last rule before the end."""
    count = len(families)
    program = [(_EQUALS, 0, count + 2, number), (_LOAD, 0, 0, _FIRST_ARGUMENT)]
    program += [(_EQUALS, count - i, 0, family) for i, family in enumerate(families)]
    program.append((_RETURN, 0, 0, _ERRNO | errno.EPERM))
    return program
