"""Many things at once, each in a thread of its own, and nobody waits for those that hang."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

from django.db import connections

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


def all_in_time(works: Mapping[K, Callable[[], T]], seconds: float) -> dict[K, T]:
    """What each work returned; those that took longer than `seconds` are left out.

    A work has to catch what it expects: one that raises is left out too, its error is logged by
    the thread.
    """
    done: dict[K, T] = {}

    def run(key: K) -> None:
        try:
            result = works[key]()
        finally:
            connections.close_all()  # this thread's own
        done[key] = result

    # Daemons: one that hangs for ever must not keep the process from ending.
    threads = [threading.Thread(target=run, args=(key,), daemon=True) for key in works]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return dict(done)
