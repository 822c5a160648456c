"""Waiting for what must become true."""

from __future__ import annotations

import time
from collections.abc import Callable

PAUSE = 0.05  # seconds between two looks


def until(condition: Callable[[], object], seconds: float, what: str) -> float:
    """Return once the condition holds, with the seconds that took; fail when it never does."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"not within {seconds:g} s: {what}"
        time.sleep(PAUSE)
    return time.monotonic() - began


def elapsed(seconds: float) -> Callable[[], bool]:
    """Whether so much time has passed from now on, for a fault that lasts that long."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end
