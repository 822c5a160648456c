"""Errors straight from applications: accepted or limited, and how soon they are items.

A flood is sent twice: without a limit to the source's rate, where every accepted error has to
become an item, and with the limit that is usual. The plain alternative is the same server with an
application that reads nothing and keeps nothing.
"""

from __future__ import annotations

import asyncio
import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import CommandError
from django.utils import timezone

from clusters.models import FeedbackItem, Intake, Source
from soulcaster.bench import senders
from soulcaster.bench.installation import Installation, installed
from soulcaster.bench.report import Figure, Options, at_least, at_most, fact
from soulcaster.bench.stage import plain_web

ALONE, QUICK_ALONE = 30, 3  # errors that come one by one
QUICK_SECONDS, QUICK_RATE = 1, 100
PAUSE = 0.2  # seconds between two of them
SECONDS_BAR = 2.0
PATIENCE = 600.0  # seconds until the last one has to be an item
KEY = "0123456789abcdef0123456789abcdef"
_UNLIMITED = {"SOULCASTER_SOURCE_PER_MINUTE": "100000000"}


@dataclass(frozen=True, slots=True)
class Flood:
    """What became of many errors at once."""

    sent: int
    statuses: Mapping[str, int]
    milliseconds: list[float]  # each answer
    seconds: float  # of sending
    items: int
    settled: float  # seconds from the last answer until nothing waited any more
    ages: list[float]  # seconds from keeping to the item, each

    @property
    def accepted(self) -> int:
        """Errors that were answered with 200."""
        return self.statuses.get("200", 0)

    @property
    def answered(self) -> int:
        """Errors that were accepted, or limited in the protocol's words."""
        return self.accepted + self.statuses.get("429", 0)


def run(options: Options) -> list[Figure]:
    """One by one, then a flood without a limit, then one with it."""
    seconds, rate = options.seconds, options.rate
    if options.quick:
        seconds, rate = QUICK_SECONDS, QUICK_RATE
    count = seconds * rate
    with TemporaryDirectory(prefix="soulcaster-bench-") as name:
        folder = Path(name)
        with installed(folder / "open", say=options.say, environment=_UNLIMITED) as installation:
            source = _source(installation)
            options.say("  one by one")
            alone = _one_by_one(installation, source, QUICK_ALONE if options.quick else ALONE)
            options.say(f"  {count} errors, {rate} a second")
            flood = _flood(installation, source, count, rate)
        with installed(folder / "limited", say=options.say) as installation:
            options.say("  the same with the usual limit")
            limited = _flood(installation, _source(installation), count, rate)
    options.say("  the same to the plain server")
    with plain_web(options.say) as place:
        plain = _sent(place.port, "/", count, rate)
    return [*_soon(alone), *_unlimited(flood, plain["milliseconds"], rate), *_limited(limited)]


def _soon(alone: list[float]) -> list[Figure]:
    note = f"{len(alone)} errors, {PAUSE:g} s apart"
    return [
        at_most("sent to item, the slowest", max(alone), SECONDS_BAR, "s", note=note),
        fact("the same, median", statistics.median(alone), "s"),
    ]


def _unlimited(flood: Flood, plain: list[float], rate: int) -> list[Figure]:
    other = flood.sent - flood.answered
    return [
        at_least(
            "offered a second",
            flood.sent / flood.seconds,
            0.9 * rate,
            note=f"{flood.sent:,} errors, {senders.CONNECTIONS} connections, {senders.PLACES} places",
        ),
        fact("accepted", flood.accepted),
        fact("limited", flood.statuses.get("429", 0)),
        at_most("neither accepted nor limited", other, 0),
        at_most("accepted and no item afterwards", flood.accepted - flood.items, 0),
        fact("answer, median", _median(flood.milliseconds), "ms", plain=_median(plain)),
        fact("answer, p99", _p99(flood.milliseconds), "ms", plain=_p99(plain)),
        fact("last answer to last item", flood.settled, "s"),
        fact("kept to item, p99", _p99(flood.ages), "s"),
        fact("read a second", flood.items / (flood.seconds + flood.settled)),
    ]


def _limited(flood: Flood) -> list[Figure]:
    return [
        fact("accepted, with the usual limit", flood.accepted),
        fact("limited, with the usual limit", flood.statuses.get("429", 0)),
        at_most("neither of them, with the usual limit", flood.sent - flood.answered, 0),
        at_most("accepted and no item, with the usual limit", flood.accepted - flood.items, 0),
    ]


def _source(installation: Installation) -> Source:
    project = installation.make_project("bench", Path("none"), "")
    return Source.objects.create(project=project, kind=Source.Kind.SDK, name="Till", public_key=KEY)


def _one_by_one(installation: Installation, source: Source, count: int) -> list[float]:
    """Seconds from sending to the item, each; the first one warms up and does not count."""
    found = []
    for number in range(count + 1):
        request = senders.request(_path(source), KEY, number)
        began = time.monotonic()
        answers = asyncio.run(senders.send_all(_port(installation), [request], 1.0))
        if answers.statuses["200"] != 1:
            raise CommandError(f"An error was not accepted: {dict(answers.statuses)}.")
        items = FeedbackItem.objects.filter(source=source, external_id=senders.event_id(number))
        while not items.exists():
            if time.monotonic() > began + PATIENCE:
                raise CommandError("An error that was accepted did not become an item.")
            installation.stack.wait(0.01)
        found.append(time.monotonic() - began)
        installation.stack.wait(PAUSE)
    return found[1:]


def _flood(installation: Installation, source: Source, count: int, rate: int) -> Flood:
    before = FeedbackItem.objects.filter(source=source).count()
    first = 1_000_000
    answers = _sent(_port(installation), _path(source), count, rate, first=first)
    ended = timezone.now()
    waiting = Intake.objects.filter(source=source, state=Intake.State.WAITING)
    deadline = time.monotonic() + PATIENCE
    while waiting.exists() and time.monotonic() < deadline:
        installation.stack.wait(0.05)
    ages, last = _ages(source, first)
    return Flood(
        sent=count,
        statuses=answers["statuses"],
        milliseconds=answers["milliseconds"],
        seconds=answers["seconds"],
        items=FeedbackItem.objects.filter(source=source).count() - before,
        settled=max(0.0, (last - ended).total_seconds()),
        ages=ages,
    )


def _ages(source: Source, first: int) -> tuple[list[float], datetime]:
    """How long each error of the flood waited, and when the last one was read."""
    rows = Intake.objects.filter(
        source=source, delivery_id__gte=senders.event_id(first), read_at__isnull=False
    )
    times = [(kept, read) for kept, read in rows.values_list("received_at", "read_at") if read]
    ages = [(read - kept).total_seconds() for kept, read in times]
    return ages, max((read for _, read in times), default=timezone.now())


def _sent(port: int, path: str, count: int, rate: float, *, first: int = 0) -> dict[str, Any]:
    """What the sending process says."""
    numbers = (str(number) for number in (port, path, KEY, first, count, rate))
    command = [sys.executable, "-m", "soulcaster.bench.senders", *numbers]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _port(installation: Installation) -> int:
    return urlsplit(str(installation.stack.facts()["local"])).port or 80


def _path(source: Source) -> str:
    return f"/api/{source.pk}/envelope/"


def _median(values: list[float]) -> float:
    return statistics.median(values) if values else math.nan


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[-1] if values else math.nan
