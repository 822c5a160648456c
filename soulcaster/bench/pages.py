"""Asking pages in this process: how long they take and how often they ask the database."""

from __future__ import annotations

import gc
import logging
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.core.cache import cache
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from credentials.models import User
from soulcaster.bench.databases import Database

PATIENCE = 5.0  # seconds for one address in one round


@dataclass(slots=True)
class Times:
    """What one address took, in seconds."""

    seconds: list[float] = field(default_factory=list)
    queries: int = 0

    @property
    def p95(self) -> float:
        """What 95 of 100 stayed below."""
        if len(self.seconds) < 2:
            return self.median
        return statistics.quantiles(self.seconds, n=20, method="inclusive")[-1]

    @property
    def median(self) -> float:
        """The one in the middle."""
        return statistics.median(self.seconds)


@dataclass(frozen=True, slots=True)
class Side:
    """A database, who looks at it, and the addresses by name."""

    database: Database
    user: User
    addresses: Mapping[str, str]


@contextmanager
def quiet() -> Iterator[None]:
    """A cache of this process's own, no lines of the log, no debug mode."""
    logging.disable(logging.INFO)
    caches = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    try:
        with override_settings(CACHES=caches, DEBUG=False, ALLOWED_HOSTS=["*"]):
            yield
    finally:
        logging.disable(logging.NOTSET)


def compare(
    small: Side, large: Side, *, rounds: int, requests: int, say: Callable[[str], None]
) -> dict[str, tuple[Times, Times]]:
    """Every address on both sides, which take turns: {name: (small, large)}."""
    found = {name: (Times(), Times()) for name in large.addresses}
    for number in range(rounds):
        say(f"  round {number + 1} of {rounds}")
        clients = [_signed_in(side) for side in (small, large)]
        cache.clear()  # of the limit of requests, too
        for name, pair in found.items():
            for side, client, times in zip((small, large), clients, pair, strict=True):
                with side.database.used():
                    _ask_often(client, side.addresses[name], times, requests)
    return found


def _signed_in(side: Side) -> Client:
    client = Client()
    with side.database.used():
        client.force_login(side.user)
    return client


def _ask_often(client: Client, address: str, times: Times, requests: int) -> None:
    with CaptureQueriesContext(connection) as queries:
        _ask(client, address)
    times.queries = len(queries)
    gc.collect()
    ends = time.monotonic() + PATIENCE
    for number in range(requests):
        if number > 1 and time.monotonic() > ends:
            break  # so slow that a few tell enough
        times.seconds.append(_ask(client, address))


def _ask(client: Client, address: str) -> float:
    began = time.perf_counter()
    answer = client.get(address)
    seconds = time.perf_counter() - began
    if answer.status_code != 200:
        raise CommandError(f"{address} answers {answer.status_code}: nothing can be measured.")
    return seconds
