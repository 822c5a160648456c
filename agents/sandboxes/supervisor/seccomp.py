"""seccomp: which system calls a process and its children may make."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Collection

from .calls import DENIED_EVERYWHERE, MACHINES, Machine
from .syscalls import CLONE_NEWUSER, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, prctl

AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16

_LOAD, _EQUALS, _AT_LEAST, _HAS_BIT, _MASK, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER, _ARCH, _FIRST_ARGUMENT, _SECOND_ARGUMENT, _THIRD_ARGUMENT = 0, 4, 16, 24, 32
_ALLOW, _ERRNO, _NOTIFY = 0x7FFF0000, 0x00050000, 0x7FC00000
_MODE_FILTER = 2
_X32 = 0x40000000
_CLONE3 = 435
# Both put words into a terminal, as if somebody had typed them.
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
# Memory of this kind outlives its processes: enough for what PostgreSQL wants, too little to hide.
_LARGEST_SEGMENT = 1 << 18
_STREAM, _DATAGRAM, _TYPE_BITS, _TCP = 1, 2, 0xF, 6
# Connects without connect(2).
_MSG_FASTOPEN = 0x20000000

_Instruction = tuple[int, int, int, int]


def restrict(families: Collection[int], *, apart: bool = True) -> None:
    """Filter this process and its children for good; only these socket families remain.

    `apart` says that it has namespaces of its own. Else it would share System V's and POSIX's
    queues, semaphores and segments with the host, so there are none; and it may change limits and
    priorities of itself alone, because its user may have other processes.
    """
    program = build_program(families, apart=apart)
    code = ctypes.create_string_buffer(program)
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    pointer = ctypes.create_string_buffer(header)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(pointer))


def build_program(families: Collection[int], *, apart: bool = True, judged: bool = False) -> bytes:
    """The filter of `restrict` as the kernel takes it; raises OSError on an unknown machine.

    `judged` leaves TCP sockets, and nothing else of the network; another process answers each
    connect(2) on them.
    """
    name = os.uname().machine
    if name not in MACHINES:
        raise OSError(errno.ENOSYS, f"no system call filter is known for {name}")
    machine = MACHINES[name]
    program = [*_only_native(machine, name)]
    for number in (*machine.denied.values(), *DENIED_EVERYWHERE):
        program += _refuse(number, errno.EPERM)
    if not apart:
        program += _only_itself(machine)
    # clone3 hides its flags behind a pointer; libc falls back to clone.
    program += _refuse(_CLONE3, errno.ENOSYS)
    program += _refuse_flag(machine.clone, CLONE_NEWUSER)
    program += _refuse_typing(machine.ioctl)
    program += _refuse_large_segments(machine.shmget)
    if AF_UNIX not in families:
        # One half of such a pair could still send to any socket of that family.
        program += _refuse_masked(machine.socketpair, _SECOND_ARGUMENT, _TYPE_BITS, _DATAGRAM)
    if judged:
        program += _judged_tcp(machine)
    program += _only_families(machine.socket, sorted(families))
    program.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *instruction) for instruction in program)


def _only_native(machine: Machine, name: str) -> list[_Instruction]:
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


def _only_itself(machine: Machine) -> list[_Instruction]:
    program: list[_Instruction] = []
    for number in (*machine.ipc, machine.shmget):
        program += _refuse(number, errno.EPERM)
    for number in (*machine.others, *machine.priorities):
        program += _refuse_unless_0(number, _FIRST_ARGUMENT)
    for number in machine.priorities:
        program += _refuse_unless_0(number, _SECOND_ARGUMENT)
    return program


def _refuse_unless_0(number: int, argument: int) -> list[_Instruction]:
    return [
        (_EQUALS, 0, 4, number),
        (_LOAD, 0, 0, argument),
        (_EQUALS, 1, 0, 0),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        (_LOAD, 0, 0, _NUMBER),
    ]


def _refuse_flag(number: int, flag: int) -> list[_Instruction]:
    return [
        (_EQUALS, 0, 4, number),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_HAS_BIT, 0, 1, flag),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        (_LOAD, 0, 0, _NUMBER),
    ]


def _refuse_typing(number: int) -> list[_Instruction]:
    return [
        (_EQUALS, 0, 5, number),
        (_LOAD, 0, 0, _SECOND_ARGUMENT),
        (_EQUALS, 1, 0, _TIOCSTI),
        (_EQUALS, 0, 1, _TIOCLINUX),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        (_LOAD, 0, 0, _NUMBER),
    ]


def _refuse_large_segments(number: int) -> list[_Instruction]:
    return [
        (_EQUALS, 0, 6, number),
        (_LOAD, 0, 0, _SECOND_ARGUMENT + 4),  # the upper half of the size
        (_EQUALS, 0, 2, 0),
        (_LOAD, 0, 0, _SECOND_ARGUMENT),
        (_AT_LEAST, 0, 1, _LARGEST_SEGMENT + 1),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        (_LOAD, 0, 0, _NUMBER),
    ]


def _refuse_masked(number: int, argument: int, mask: int, value: int) -> list[_Instruction]:
    """Refuse a call whose argument is this value in these bits."""
    return [
        (_EQUALS, 0, 5, number),
        (_LOAD, 0, 0, argument),
        (_MASK, 0, 0, mask),
        (_EQUALS, 0, 1, value),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        (_LOAD, 0, 0, _NUMBER),
    ]


def _judged_tcp(machine: Machine) -> list[_Instruction]:
    """TCP without a way in, and every way out a question to another process."""
    program: list[_Instruction] = []
    for number in machine.serving:
        program += _refuse(number, errno.EPERM)
    for number, flags in machine.sending:
        program += _refuse_masked(number, flags, _MSG_FASTOPEN, _MSG_FASTOPEN)
    program += [(_EQUALS, 0, 1, machine.connect), (_RETURN, 0, 0, _NOTIFY)]
    # Only TCP itself: other protocols of streams know further ways to connect.
    return [
        *program,
        (_EQUALS, 0, 11, machine.socket),
        (_LOAD, 0, 0, _SECOND_ARGUMENT),
        (_MASK, 0, 0, _TYPE_BITS),
        (_EQUALS, 0, 7, _STREAM),
        (_LOAD, 0, 0, _THIRD_ARGUMENT),
        (_EQUALS, 1, 0, _TCP),
        (_EQUALS, 0, 4, 0),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_EQUALS, 1, 0, AF_INET),
        (_EQUALS, 0, 1, AF_INET6),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _NUMBER),
    ]


def _only_families(number: int, families: list[int]) -> list[_Instruction]:
    """socket() of any other family fails; it must be the last rule before the end."""
    count = len(families)
    program = [(_EQUALS, 0, count + 2, number), (_LOAD, 0, 0, _FIRST_ARGUMENT)]
    program += [(_EQUALS, count - i, 0, family) for i, family in enumerate(families)]
    program.append((_RETURN, 0, 0, _ERRNO | errno.EPERM))
    return program
