"""What comes in: from which source, how many wait, how fast they are grouped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import Min, OuterRef, Subquery

from agents.services.metrics.weeks import Span
from clusters.models import Cluster, FeedbackItem, Source, SourceDay
from clusters.services.sources import health as source_health
from clusters.services.sources.health import COUNTS, Health
from credentials.paging import capped_count, counted

MOST_SOURCES = 50
_NEWEST = 200  # clusters whose beginnings tell how fast grouping is
_SMALL = 50  # reports of such a cluster


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source in these weeks: what it brought in all, and new reports week by week."""

    source: Source
    health: Health
    totals: dict[str, int]
    weeks: Sequence[int]

    @property
    def refused(self) -> int:
        """What could not be used, or was too much at once."""
        return self.totals["refused"] + self.totals["limited"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Reports without a cluster (at most one more than a list counts), and how fast it goes."""

    count: int
    oldest: datetime | None
    usual: timedelta | None  # from a report's arrival to its new cluster; None: nothing to tell

    @property
    def total(self) -> str:
        """How many, for people."""
        return counted(self.count)


def lines_of(project_ids: Sequence[int], span: Span) -> list[SourceLine]:
    """The sources, those that brought most first."""
    sources = list(
        Source.objects.filter(project__in=project_ids)
        .select_related("project")
        .order_by("-last_event_at", "-id")[:MOST_SOURCES]
    )
    health = source_health.of_all(sources)
    totals: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    weeks: dict[int, list[int]] = defaultdict(lambda: [0] * len(span.mondays))
    first, last = span.days
    days = SourceDay.objects.filter(source__in=sources, day__gte=first, day__lte=last)
    for row in days.values("source", "day", *COUNTS).iterator(chunk_size=2000):
        for name in COUNTS:
            totals[row["source"]][name] += row[name]
        place = span.place_of_day(row["day"])
        if place is not None:
            weeks[row["source"]][place] += row["created"]
    lines = [SourceLine(one, health[one.pk], totals[one.pk], weeks[one.pk]) for one in sources]
    return sorted(lines, key=lambda line: -line.totals["created"])


def waiting_in(project_ids: Sequence[int]) -> Waiting:
    """How it is now."""
    rows = FeedbackItem.objects.filter(cluster=None, project__in=project_ids)
    heads = [
        FeedbackItem.objects.filter(cluster=None, project=project_id)
        .order_by("id")
        .values_list("received_at", flat=True)
        .first()
        for project_id in project_ids
    ]
    oldest = min((head for head in heads if head), default=None)
    return Waiting(capped_count(rows), oldest, _usual(project_ids))


def _usual(project_ids: Sequence[int]) -> timedelta | None:
    """The middle of what the newest clusters needed to come into being."""
    arrived = (
        FeedbackItem.objects.filter(cluster=OuterRef("pk"))
        .order_by()
        .values("cluster")
        .annotate(first=Min("received_at"))
        .values("first")
    )
    took: list[float] = []
    each = max(10, _NEWEST // max(1, len(project_ids)))
    for project_id in project_ids[:_NEWEST]:
        # The status is there for the index, which ends with the newest.
        new = Cluster.objects.filter(project=project_id, status=Cluster.Status.NEW)
        found = new.filter(item_count__gt=0, item_count__lte=_SMALL).order_by("-id")
        rows = found.values_list("created_at", Subquery(arrived))[:each]
        took += [(made - first).total_seconds() for made, first in rows if first and made >= first]
    return timedelta(seconds=median(took)) if took else None
