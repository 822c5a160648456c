"""Grouping at size: rows in a database, sorted by the very function that the worker calls."""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
from django.core.management.base import CommandError

from clusters import queue
from clusters.embedding import dense
from clusters.embedding.kept import pack
from clusters.embedding.minilm import DIMENSIONS, MiniLM, unit
from clusters.models import Cluster, Embedding, FeedbackItem, Project, Source
from clusters.services import grouping
from clusters.services.grouping import embeddings, indexes, settling
from credentials.models import Team
from soulcaster.bench import databases
from soulcaster.bench.report import Figure, Options, at_least, at_most, fact

SMALL, LARGE = 10_000, 100_000
QUICK = (500, 1_000)
MEASURED = 2_000  # reports that wait; the first ones find an index that is made anew
WITH_MEANING, WITH_WORDS = 60.0, 1_000.0  # items a second
REBUILT = 30.0  # seconds
_TOPIC = 50  # reports of a cluster
_NOISE = 0.02
_AT_ONCE = 2_000  # rows
_DIGEST = "-"  # stored rows are not looked at again

_PLACES = (
    *("checkout", "export", "login page", "invoice list", "calendar", "search", "printer dialog"),
    *("settings", "upload", "chart", "inbox", "backup", "map", "editor", "billing", "profile"),
    *("import", "table view", "photo album", "reminder", "sidebar", "player", "scanner", "chat"),
)
_FAULTS = (
    *("is empty", "hangs for ever", "shows yesterday's numbers", "loses the last row", "crashes"),
    *("asks for the password again", "ignores my choice", "is far too slow", "prints twice"),
    *("cuts off the title", "mixes up two customers", "does not scroll", "forgets the order"),
    *("rounds the sum wrongly", "opens the wrong file", "stays grey", "sends it two times"),
)
_WHEN = (
    *("since the update", "on my phone", "in the evening", "with two coupons", "in Firefox"),
    *(
        "when I am offline",
        "after a restart",
        "for large files",
        "in dark mode",
        "at the month's end",
    ),
)


def run(options: Options) -> list[Figure]:
    """Speed with the encoder and without it, among few reports and among many, and memory."""
    sizes = QUICK if options.quick else (SMALL, min(options.rows, LARGE))
    figures: list[Figure] = []
    for name, bar, encoder in _ways():
        speeds = []
        for size in sizes:
            options.say(f"Grouping among {size:,} reports, {name}")
            with _with(encoder), _scene(size) as project:
                measured = _measure(project, options)
            speeds.append(measured.grouped)
            figures += _figures(name, size, measured, bar)
        share = speeds[1] / speeds[0]
        figures.append(at_least(f"{name}: speed among many beside few", share, 0.5, "x"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [*figures, fact("memory of this process at its peak", peak, "MB")]


@dataclass(frozen=True, slots=True)
class _Measured:
    grouped: float  # items a second, until each has its cluster
    described: float  # items a second, until all clusters are described as well
    rebuilt: float  # seconds
    index: float  # bytes
    clusters: int


def _ways() -> Iterator[tuple[str, float, MiniLM | None]]:
    if (encoder := dense.encoder()) is not None:
        yield "meaning and words", WITH_MEANING, encoder
    yield "words alone", WITH_WORDS, None


@contextmanager
def _with(encoder: MiniLM | None) -> Iterator[None]:
    """Within, this encoder is the installation's, and nothing is sent to a broker."""
    with patch.object(embeddings, "encoder", lambda: encoder), patch.object(queue, "send"):
        yield


def _figures(name: str, size: int, measured: _Measured, bar: float) -> Iterator[Figure]:
    among = f"among {size:,}"
    note = f"{measured.clusters:,} clusters; until every report has its cluster, stored"
    yield at_least(f"{name}, {among}", measured.grouped, bar, "items/s", note=note)
    yield fact(f"{name}, {among}, clusters described", measured.described, "items/s")
    yield at_most(f"{name}: index made anew, {among}", measured.rebuilt, REBUILT, "s")
    yield fact(f"{name}: index in memory, {among}", measured.index / 1e6, "MB")


def _measure(project: Project, options: Options) -> _Measured:
    count = 60 if options.quick else MEASURED
    indexes.clear()
    started = time.process_time()
    with indexes.held(project) as known:
        rebuilt = time.process_time() - started
        size = known.index.nbytes
    _wait(project, count)
    describing = 0.0
    describe = settling.describe

    def timed(before: Mapping[int, int]) -> None:
        nonlocal describing
        begun = time.process_time()
        describe(before)
        describing += time.process_time() - begun

    with patch.object(settling, "describe", timed):
        started = time.process_time()
        grouped = grouping.group_waiting(project)
        seconds = time.process_time() - started
    if grouped != count:
        raise CommandError(f"{grouped} of {count} reports got a cluster.")
    clusters = project.clusters.count()
    return _Measured(count / (seconds - describing), count / seconds, rebuilt, size, clusters)


@contextmanager
def _scene(size: int) -> Iterator[Project]:
    """A database with a project of so many grouped reports."""
    with (
        TemporaryDirectory(prefix="soulcaster-bench-") as folder,
        databases.made(Path(folder)) as database,
        database.used(),
    ):
        team = Team.objects.create(name="Bench")
        project = Project.objects.create(team=team, name="Bench", repository="/nowhere")
        Source.objects.create(project=project, kind=Source.Kind.API, name="API")
        _fill(project, size)
        yield project


def _text(number: int, chance: random.Random) -> tuple[str, str]:
    """What report `number` says: its topic, and words of its own."""
    topic = number // _TOPIC
    place = _PLACES[topic % len(_PLACES)]
    fault = _FAULTS[topic // len(_PLACES) % len(_FAULTS)]
    when = _WHEN[topic // (len(_PLACES) * len(_FAULTS)) % len(_WHEN)]
    own = chance.choice(_WHEN), f"{chance.choice('abcdefgh')}{chance.randrange(5_000)}"
    return f"The {place} {fault} {when}", f"I see it {own[0]}, customer {own[1]}. Please look."


def _fill(project: Project, size: int) -> None:
    chance = random.Random(size)  # noqa: S311 - the same rows every time
    rows = _rows(size, chance)
    source = project.sources.get()
    count = -(-size // _TOPIC)
    made = Cluster.objects.bulk_create(
        [Cluster(project=project, title=f"Topic {n}") for n in range(count)], batch_size=_AT_ONCE
    )
    for start in range(0, size, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, size))
        items = [
            FeedbackItem(
                project=project,
                source=source,
                external_id=f"old-{n}",
                title=rows[n][0],
                body=rows[n][1],
                author=f"Person {n % 5_000}",
                cluster=made[n // _TOPIC],
                fingerprint=f"old-{n}",
            )
            for n in numbers
        ]
        stored = FeedbackItem.objects.bulk_create(items)
        _embed(stored, start)
    settling.recount([cluster.pk for cluster in made])
    Project.objects.filter(pk=project.pk).update(grouping={"refined": size})


def _rows(size: int, chance: random.Random) -> list[tuple[str, str]]:
    return [_text(number, chance) for number in range(size)]


def _embed(items: Sequence[FeedbackItem], start: int) -> None:
    """Rows as the encoder would make them: one text of each topic is encoded, the rest is near."""
    name = embeddings.model()
    encoder = dense.encoder() if embeddings.has_meaning() else None
    packed = pack([embeddings.text_of(item) for item in items], None)
    if encoder is not None:
        noise = np.random.default_rng(start)
        topics = encoder.embed([embeddings.text_of(item) for item in items[::_TOPIC]])
        near = np.repeat(topics, _TOPIC, axis=0)[: len(items)]
        near = unit(near + noise.normal(0, _NOISE, (len(items), DIMENSIONS)).astype(np.float32))
        packed = [
            row.tobytes() + words for row, words in zip(near.astype("<f2"), packed, strict=True)
        ]
    Embedding.objects.bulk_create(
        Embedding(item=item, model=name, digest=_DIGEST, vector=row)
        for item, row in zip(items, packed, strict=True)
    )


def _wait(project: Project, count: int) -> None:
    """Reports of topics that are there, and of new ones, in no order."""
    chance = random.Random(count)  # noqa: S311 - the same rows every time
    there = project.feedback.count()
    source = project.sources.get()
    FeedbackItem.objects.bulk_create(
        FeedbackItem(
            project=project,
            source=source,
            external_id=f"new-{n}",
            title=title,
            body=body,
            author=f"Person {n % 500}",
        )
        for n in range(count)
        for title, body in [_text(chance.randrange(there + there // 10), chance)]
    )
