"""Landlock: what of the file system a process and its children may touch."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

from .syscalls import PR_SET_NO_NEW_PRIVS, libc, prctl, syscall

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_REMOVE_FILE, _MAKE_FILE = 1 << 5, 1 << 8
_SHARED = _READ_FILE | _WRITE_FILE | _TRUNCATE | _REMOVE_FILE | _MAKE_FILE
# How many rights each version of the interface knows; later ones know 16.
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_BIND_TCP, _CONNECT_TCP = 1, 2
_SCOPE_ABSTRACT_SOCKETS, _SCOPE_SIGNALS = 1, 2

# Before version 3 a file outside could still be truncated.
OLDEST_SUFFICIENT = 3
# Before version 6 all processes of the same user could be ended, and so a worker that is not root.
OLDEST_FOR_ONE_USER = 6


def version() -> int:
    """The version of Landlock that the kernel offers; 0 if none."""
    return max(0, int(libc.syscall(ctypes.c_long(_CREATE_RULESET), None, ctypes.c_size_t(0), 1)))


def restrict(
    read_only: Iterable[str],
    writable: Iterable[str],
    shared: Iterable[str] = (),
    *,
    tcp: bool = True,
) -> None:
    """Leave only these paths to this process and its children, for good.

    `shared` are folders that others use as well: there it has only the files whose names it
    knows. Paths that do not exist are left out. Without `tcp` it can neither connect nor listen,
    where the kernel knows of that (version 4). Raises OSError if Landlock is not there.
    """
    abi = version()
    known = (1 << _RIGHTS.get(abi, 16)) - 1
    ruleset = _create_ruleset(abi, known, 0 if tcp else _BIND_TCP | _CONNECT_TCP)
    for path in read_only:
        _allow(ruleset, path, _READ & known)
    for path in writable:
        _allow(ruleset, path, known)
    for path in shared:
        _allow(ruleset, path, _SHARED & known)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _create_ruleset(abi: int, rights: int, network: int) -> int:
    scoped = _SCOPE_ABSTRACT_SOCKETS | _SCOPE_SIGNALS if abi >= 6 else 0
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    attributes = struct.pack("QQQ", rights, network, scoped)
    return syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), 0)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not Path(path).is_dir():
        rights &= _ON_FILES  # folder rights on a file are an error
    syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, handle), 0)
    os.close(handle)
