"""Resource limits of the command."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from .identity import all_pids
from .spec import RunLimits


def apply_limits(limits: RunLimits, *, running: int = 0) -> None:
    """Set the limits for this process and all that it starts.

    `running` processes of the same user exist already and count against the same number.
    """
    # Never RLIMIT_AS: programs that reserve address space (node's WebAssembly) die of it.
    wanted = {
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_DATA: limits.memory_bytes,
        resource.RLIMIT_NPROC: limits.processes + running,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (ceiling, ceiling))


def tasks_of(uid: int) -> int:
    """How many processes and threads this user runs on the host now."""
    count = 0
    for pid in all_pids():
        folder = Path(f"/proc/{pid}")
        try:
            if folder.stat().st_uid == uid:
                count += len(os.listdir(folder / "task"))  # noqa: PTH208
        except OSError:
            continue  # it has ended meanwhile
    return count
