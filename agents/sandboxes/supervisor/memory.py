"""How much memory processes take together, in bytes."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable
from pathlib import Path

from .identity import all_pids

# Folders in memory, as every view of a sandbox has them.
_IN_MEMORY = ("tmp", "var/tmp", "dev/shm", "dev")
_HOST_SHARED = "/dev/shm"  # noqa: S108


def estimate(pids: Iterable[int], held: int) -> int:
    """Never much less than what these processes take; what they share counts for each.

    `held` are bytes of files in memory. Files of a disk that are mapped do not count: the kernel
    takes that memory back when it is needed.
    """
    sizes = [_sizes(pid, "status", ("RssAnon", "RssShmem", "VmSwap")) for pid in pids]
    own = sum(each["RssAnon"] + each["VmSwap"] for each in sizes)
    return own + max(held, sum(each["RssShmem"] for each in sizes))


def exactly(pids: Iterable[int], held: int) -> int:
    """What these processes take, each shared page counted once; dearer than `estimate`."""
    own = shared = 0
    for pid in pids:
        sizes = _sizes(pid, "smaps_rollup", ("Pss_Anon", "Pss_Shmem", "SwapPss"))
        if not any(sizes.values()):  # one that hides itself counts in full
            own += estimate([pid], 0)
        own += sizes["Pss_Anon"] + sizes["SwapPss"]
        shared += sizes["Pss_Shmem"]
    return own + max(held, shared)


def in_folders(init: int, disks: Iterable[int]) -> int:
    """Bytes in the folders in memory that the process `init` sees; `disks` are no such devices."""
    known, total = set(disks), 0
    for name in _IN_MEMORY:
        folder = f"/proc/{init}/root/{name}"
        try:
            device = os.stat(folder).st_dev  # noqa: PTH116
            facts = os.statvfs(folder)
        except OSError:
            continue  # it has ended, or it has no such folder
        if device not in known:
            known.add(device)
            total += (facts.f_blocks - facts.f_bfree) * facts.f_frsize
    return total


def in_shared_folder(uid: int, since: float, own: Collection[int]) -> int:
    """Bytes of the files in the host's /dev/shm that this user made or changed `since` then.

    0 where the user has other processes than `own`: the files may be theirs, and nobody pays for
    what another one took.
    """
    total = _size_of_shared_files(uid, since)
    return 0 if total and _has_others(uid, own) else total


def _has_others(uid: int, own: Collection[int]) -> bool:
    return any(pid not in own and _user(pid) == uid for pid in all_pids())


def _user(pid: int) -> int:
    try:
        return os.stat(f"/proc/{pid}").st_uid  # noqa: PTH116
    except OSError:
        return -1  # it has ended meanwhile


def _size_of_shared_files(uid: int, since: float) -> int:
    total = 0
    try:
        with os.scandir(_HOST_SHARED) as entries:
            for entry in entries:
                facts = entry.stat(follow_symlinks=False)
                if facts.st_uid == uid and facts.st_ctime >= since and stat.S_ISREG(facts.st_mode):
                    total += facts.st_blocks * 512
    except OSError:
        return total  # there is none, or a file went away meanwhile: the next look sees more
    return total


def _sizes(pid: int, file: str, names: tuple[str, ...]) -> dict[str, int]:
    """The values of a file of /proc/<pid>, in bytes; 0 for what cannot be read."""
    sizes = dict.fromkeys(names, 0)
    try:
        text = Path(f"/proc/{pid}/{file}").read_text(errors="replace")
    except OSError:
        return sizes  # it has ended meanwhile, or we may not look
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name in sizes:
            sizes[name] = int(value.split()[0]) * 1024
    return sizes
