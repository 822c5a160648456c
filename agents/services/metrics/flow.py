"""Clusters in and out: how many came, and what became of them, week by week."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from django.db.models import F

from agents.services.metrics.weeks import MOST, Span
from clusters.models import Cluster, ClusterChange
from clusters.services.changes import Kind

# Clusters that undoing made again have their old date among newer ones.
_STRAY = 100


@dataclass(frozen=True, slots=True)
class Flow:
    """Numbers of each week, oldest first."""

    opened: Sequence[int]
    resolved: Sequence[int]
    dismissed: Sequence[int]
    merged: Sequence[int]  # into other clusters


@dataclass(frozen=True, slots=True)
class Corrections:
    """What people changed about where reports are, week by week."""

    merges: Sequence[int]
    splits: Sequence[int]
    moves: Sequence[int]
    taken_out: Sequence[int]  # reports that people took out of the cluster they were in

    @property
    def all(self) -> list[int]:
        """Every kind together."""
        return [sum(week) for week in zip(self.merges, self.splits, self.moves, strict=True)]


def flow_of(project_ids: Sequence[int], span: Span, changes: Sequence[Change]) -> Flow:
    """What the clusters' own columns and people's changes tell."""
    resolved = Cluster.objects.filter(
        project__in=project_ids, status=Cluster.Status.RESOLVED, resolved_at__gte=span.begin
    )
    merged, dismissed = [0] * len(span.mondays), [0] * len(span.mondays)
    for change in changes:
        place = span.place(change.made_at)
        if change.kind == Kind.MERGE and place is not None:
            merged[place] += max(0, change.count - 1)
        if change.kind == Kind.DISMISS and place is not None:
            dismissed[place] += max(1, change.count)
    return Flow(
        opened=span.counts(_opened(project_ids, span.begin)),
        resolved=span.counts(resolved.order_by("-id").values_list("resolved_at", flat=True)[:MOST]),
        dismissed=dismissed,
        merged=merged,
    )


def _opened(project_ids: Sequence[int], begin: datetime) -> Iterator[datetime]:
    """Newest first along an index; older ones are hardly read, however many there are."""
    for project_id, status in product(project_ids, Cluster.Status.values):
        rows = Cluster.objects.filter(project=project_id, status=status).order_by("-id")
        moments = rows.values_list("created_at", flat=True)[:MOST]
        older = 0
        for moment in moments.iterator(chunk_size=1000):
            older += moment < begin
            if older > _STRAY:
                break
            yield moment


@dataclass(frozen=True, slots=True)
class Change:
    """A correction that nobody has undone. `count` is of reports, or of clusters that were merged."""

    kind: str
    made_at: datetime
    count: int


def changes_of(project_ids: Sequence[int], span: Span) -> list[Change]:
    """The newest corrections since the span began."""
    rows = ClusterChange.objects.filter(
        project__in=project_ids, undone_at=None, made_at__gte=span.begin
    )
    found = rows.order_by("-id").values_list("kind", "made_at", F("after__facts__count"))[:MOST]
    return [Change(kind, made_at, _number(count)) for kind, made_at, count in found]


def corrections_of(changes: Sequence[Change], span: Span) -> Corrections:
    """The same, week by week."""
    kinds = {
        kind: span.counts(change.made_at for change in changes if change.kind == kind)
        for kind in (Kind.MERGE, Kind.SPLIT, Kind.MOVE)
    }
    taken = [0] * len(span.mondays)
    for change in changes:
        place = span.place(change.made_at)
        if change.kind in {Kind.SPLIT, Kind.MOVE} and place is not None:
            taken[place] += change.count
    return Corrections(kinds[Kind.MERGE], kinds[Kind.SPLIT], kinds[Kind.MOVE], taken)


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
