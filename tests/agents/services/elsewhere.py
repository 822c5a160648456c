"""Another host with a clock of its own: a process that does what it is told, line by line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from soulcaster.launch.home import CHECKOUT


class Host:
    """Its clock is `minutes` off."""

    def __init__(self, minutes: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.agents.services.elsewhere", str(minutes)],
            cwd=CHECKOUT,
            env={**os.environ, "DATABASE_URL": database_url()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, verb: str, *arguments: object) -> Any:
        """What the host's function of this name returns."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([verb, *arguments]) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def end(self) -> None:
        """Wait for its end."""
        self._process.communicate(timeout=30)


@contextmanager
def host(minutes: int) -> Iterator[Host]:
    """A host for the time of a block."""
    started = Host(minutes)
    try:
        yield started
    finally:
        started.end()


def database_url() -> str:
    """The address of the database that this test uses."""
    at = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{at['NAME']}"
    return f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"


def _serve() -> None:
    from agents.services import leases, queueing
    from agents.services.leases import Lease

    def claim(job: int, owner: str) -> int | None:
        lease = leases.claim(job, owner)
        return lease.fence if lease else None

    verbs: dict[str, Callable[..., object]] = {
        "claim": claim,
        "renew": lambda job, owner, fence: leases.renew(Lease(job, owner, fence)),
        "expired": leases.expired,
        "next": queueing.next_job,
        "clock": time.time,
    }
    for line in sys.stdin:
        verb, *arguments = json.loads(line)
        print(json.dumps(verbs[verb](*arguments)), flush=True)  # noqa: T201


def _shift(minutes: int) -> None:
    from django.utils import timezone

    real, off = time.time, minutes * 60
    time.time = lambda: real() + off
    timezone.now = lambda: datetime.fromtimestamp(real(), UTC) + timedelta(seconds=off)


if __name__ == "__main__":
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    _shift(int(sys.argv[1]))
    _serve()
