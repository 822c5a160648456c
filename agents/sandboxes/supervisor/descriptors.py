"""Which open files a new process keeps."""

from __future__ import annotations

import os


def keep_open(*kept: int) -> None:
    """Close everything but stdin, stdout, stderr and these."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
        descriptor = int(name)
        if descriptor > 2 and descriptor not in kept:
            try:
                os.close(descriptor)
            except OSError:
                continue  # the one that the list was read from
