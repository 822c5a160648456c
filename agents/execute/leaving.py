"""Whether this worker process is about to end: it begins nothing more and gives back what runs."""

from __future__ import annotations

import os
import threading

import structlog

log = structlog.get_logger(__name__)

# Seconds until the process ends whatever its threads still do: service managers and the launcher
# kill after 30, and a lease that nobody gave back is taken over when it expires.
PATIENCE = 25.0

_leaving = threading.Event()


def is_leaving() -> bool:
    """Asked by whoever begins a job, and by every heart at each beat."""
    return _leaving.is_set()


def leave(patience: float = PATIENCE) -> None:
    """Begin nothing more, and end the process after `patience` seconds even if a thread hangs.

    May be called from a signal handler, and more than once.
    """
    if _leaving.is_set():
        return
    _leaving.set()
    end = threading.Timer(patience, _end)
    end.daemon = True
    end.start()


def _end() -> None:
    log.warning("worker_ended_by_force")
    os._exit(1)
