"""Names of processes that hold for ever: (pid, start time, boot id)."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def boot_id() -> str:
    """The id of this boot of the kernel."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def stat_fields(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat after the name (state, ppid, ...); OSError if it is gone."""
    # The name may hold spaces and brackets of its own, so split after the last bracket.
    return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()


def start_time(pid: int) -> int:
    """When the process started, in clock ticks since boot."""
    return int(stat_fields(pid)[19])


def is_process(pid: int, started: int) -> bool:
    """Is there a process of this pid that started then?"""
    try:
        return start_time(pid) == started
    except (OSError, IndexError):
        return False


def signal_process(pid: int, started: int, boot: str, number: int) -> bool:
    """Send a signal to exactly this process; False if it is gone."""
    if not pid or boot != boot_id():
        return False
    try:
        # First the pidfd, then the check: the other order races with the pid's next owner.
        pidfd = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if not is_process(pid, started):
            return False
        signal.pidfd_send_signal(pidfd, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(pidfd)
    return True


def all_pids() -> list[int]:
    """Every pid that is visible now."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
