"""Two or more workers that begin at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

Result = TypeVar("Result")


def together(works: Iterable[Callable[[], Result]]) -> list[Result]:
    """What each of them gives; raises what any of them raises."""
    all_of_them = list(works)
    barrier = Barrier(len(all_of_them))

    def run(work: Callable[[], Result]) -> Result:
        barrier.wait(20)
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(all_of_them)) as pool:
        return list(pool.map(run, all_of_them, timeout=60))
