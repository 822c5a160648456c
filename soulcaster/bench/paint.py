"""First paint: the inbox and a cluster's page at a hundred thousand items beside a hundred."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from soulcaster.bench import databases, pages, rows
from soulcaster.bench.pages import Side, Times
from soulcaster.bench.report import Figure, Options, at_most

SMALL = 100
LARGE = 100_000
QUICK = 1_000
BAR = 1.5
MOST_QUERIES = 20
REQUESTS = 20


def run(options: Options) -> list[Figure]:
    """Time to the first byte as a ratio, and how often each page asks the database."""
    count = QUICK if options.quick else LARGE
    with (
        TemporaryDirectory(prefix="soulcaster-bench-") as folder,
        pages.quiet(),
        _side(Path(folder), SMALL, options) as small,
        _side(Path(folder), count, options) as large,
    ):
        found = pages.compare(
            small, large, rounds=options.rounds, requests=REQUESTS, say=options.say
        )
    return [figure for name, pair in found.items() for figure in _figures(name, *pair)]


@contextmanager
def _side(folder: Path, items: int, options: Options) -> Iterator[Side]:
    options.say(f"Making a database of {items:,} items")
    with databases.made(folder) as database:
        with database.used():
            scene = rows.make_painted(items)
        cluster = f"/clusters/{scene.cluster.pk}/"
        addresses = {"inbox": "/", "cluster": cluster, "cluster's plan": f"{cluster}plan/"}
        yield Side(database, scene.user, addresses)


def _figures(name: str, few: Times, many: Times) -> Iterator[Figure]:
    note = f"median {1000 * many.median:.0f} ms beside {1000 * few.median:.0f}"
    yield at_most(f"{name}, first byte", many.median / few.median, BAR, "x", note=note)
    yield at_most(f"{name}, queries", many.queries, MOST_QUERIES, plain=few.queries)
