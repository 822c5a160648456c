"""Lists at size: a page among a million rows beside the same page among a thousand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from django.db.models import Model, QuerySet

from agents.models import Job
from clusters.models import Cluster, FeedbackItem
from credentials.paging import place
from soulcaster.bench import databases, pages, rows
from soulcaster.bench.pages import Side, Times
from soulcaster.bench.report import Figure, Options, at_most

SMALL = 1_000
QUICK = 3_000
BAR = 2.0
REQUESTS = 10  # for each address in a round, besides one that warms up


def run(options: Options) -> list[Figure]:
    """A ratio for each kind of page, and how many ask the database more often."""
    count = min(options.rows, QUICK) if options.quick else options.rows
    with (
        TemporaryDirectory(prefix="soulcaster-bench-") as folder,
        pages.quiet(),
        _side(Path(folder), SMALL, options) as small,
        _side(Path(folder), count, options) as large,
    ):
        found = pages.compare(
            small, large, rounds=options.rounds, requests=REQUESTS, say=options.say
        )
    figures = [_figure(name, *pair) for name, pair in found.items()]
    growing = [name for name, (few, many) in found.items() if many.queries != few.queries]
    note = ", ".join(growing)
    return [
        *figures,
        at_most("lists whose number of queries depends on size", len(growing), 0, note=note),
    ]


@contextmanager
def _side(folder: Path, count: int, options: Options) -> Iterator[Side]:
    options.say(f"Making a database of {count:,} rows")
    with databases.made(folder) as database:
        with database.used():
            scene = rows.make(count, options.say)
            addresses = dict(_addresses(scene))
        yield Side(database, scene.user, addresses)


def _addresses(scene: rows.Scene) -> Iterator[tuple[str, str]]:
    """Every list: first page, one in the middle, narrowed, searched."""
    large = f"/clusters/{scene.cluster.pk}/"
    impact, seen = ("-rank", "-reporter_count", "-item_count", "-id"), ("-seen_at", "-id")
    clusters = Cluster.objects.filter(rank__gt=0)
    evidence = FeedbackItem.objects.filter(cluster=scene.cluster)
    items = FeedbackItem.objects.filter(project=scene.project)
    yield "inbox", "/"
    yield "inbox, deep", "/" + _deep(clusters, impact)
    yield "inbox, deep, last reported", "/" + _deep(clusters, seen, sort="recent")
    yield "inbox, by status", "/?status=planned"
    yield "inbox, one project", f"/?project={scene.project.pk}"
    yield "inbox, search", f"/?q=case{scene.rows // 2}"
    yield "inbox, search, common word", f"/?q={rows.WORDS[0]}"
    yield "clusters API", "/api/clusters"
    yield "clusters API, deep", "/api/clusters" + _deep(clusters, impact)
    yield "clusters API, by status", "/api/clusters?status=planned,resolved"
    yield "clusters API, search", f"/api/clusters?search=case{scene.rows // 2}"
    yield "evidence", large
    yield "evidence, deep", large + _deep(evidence, seen)
    yield "evidence, one person", f"{large}?{urlencode({'author': 'Person 1'})}"
    yield "items API", f"/api/projects/{scene.project.pk}/feedback"
    yield "items API, deep", f"/api/projects/{scene.project.pk}/feedback" + _deep(items, ("-id",))
    yield "jobs", "/jobs/"
    yield "jobs, deep", "/jobs/" + _deep(Job.objects.all(), ("-id",))
    yield "jobs, by status", "/jobs/?status=failed"
    yield "jobs API", "/api/jobs"
    yield "jobs API, deep", "/api/jobs" + _deep(Job.objects.all(), ("-id",))
    yield "jobs API, by status", "/api/jobs?status=failed,cancelled"
    yield "usage", "/usage/"
    yield "usage API", "/api/usage"


def _deep(found: QuerySet[Model], order: tuple[str, ...], **query: str) -> str:
    """The query of a page in the middle of a list."""
    row = found.order_by(*order)[found.count() // 2]
    return "?" + urlencode({**query, "page": "2", "after": place(row, order)})


def _figure(name: str, few: Times, many: Times) -> Figure:
    note = (
        f"p95 {1000 * many.p95:.0f} ms beside {1000 * few.p95:.0f}, "
        f"median {1000 * many.median:.0f} beside {1000 * few.median:.0f}, "
        f"queries {many.queries} beside {few.queries}"
    )
    return at_most(name, many.p95 / few.p95, BAR, "x", note=note)
