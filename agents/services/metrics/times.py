"""How long it takes from the first report to a pull request, and to its merge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import quantiles

from django.db.models import Q

from agents.models import PullRequest
from agents.services.metrics.weeks import Span

MOST_POINTS = 1_000


@dataclass(frozen=True, slots=True)
class Point:
    """One pull request: when, and how long after the first report. `merged`: the merge is meant."""

    at: datetime
    took: timedelta
    number: int
    title: str
    merged: bool


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle of some durations, and between which the middle half of them lies."""

    count: int
    median: timedelta
    low: timedelta
    high: timedelta


@dataclass(frozen=True, slots=True)
class Times:
    """Points within the span, oldest first; a spread is None without points."""

    points: Sequence[Point]
    to_pull: Spread | None
    to_merge: Spread | None


def times_of(project_ids: Sequence[int], span: Span) -> Times:
    """The pull requests that were opened or merged since the span began, the newest of them."""
    rows = PullRequest.objects.filter(
        Q(created_at__gte=span.begin) | Q(merged_at__gte=span.begin),
        project__in=project_ids,
        cluster__first_seen__isnull=False,
    ).order_by("-id")
    columns = ("created_at", "merged_at", "cluster__first_seen", "number", "title")
    points: list[Point] = []
    for opened, merged, first, number, title in rows.values_list(*columns)[:MOST_POINTS]:
        for at, is_merge in ((opened, False), (merged, True)):
            if at is not None and at >= span.begin:
                took = max(at - first, timedelta())
                points.append(Point(at, took, number, title, is_merge))
    points.sort(key=lambda point: point.at)
    return Times(
        points,
        spread_of([point.took for point in points if not point.merged]),
        spread_of([point.took for point in points if point.merged]),
    )


def spread_of(durations: Sequence[timedelta]) -> Spread | None:
    """Median and quartiles; None for nothing."""
    if not durations:
        return None
    seconds = [one.total_seconds() for one in durations]
    low, median, high = quantiles(seconds * 2 if len(seconds) == 1 else seconds, n=4, method="inclusive")  # fmt: skip
    return Spread(len(seconds), *(timedelta(seconds=part) for part in (median, low, high)))
