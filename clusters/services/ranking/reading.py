"""The few reports of a cluster that are read to judge all of it, however many there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Case, QuerySet, Value, When
from django.db.models.functions import Left

from clusters.models import Cluster, FeedbackItem
from clusters.ranking.base import BODY_LIMIT, Told
from clusters.ranking.releases import release_of

# The first reports say it before anybody had heard of it, the newest how it is now.
FIRST, NEWEST = 8, 16


@dataclass(frozen=True, slots=True)
class Report:
    """One report as far as ranking needs it."""

    told: Told
    fingerprint: str
    seen_at: datetime
    metadata: Mapping[str, Any]

    @property
    def release(self) -> str:
        """The release that it is about; empty when it names none."""
        return release_of(self.metadata)


def sample(cluster: Cluster) -> list[Report]:
    """The newest reports and the first ones, newest first: two queries along an index."""
    rows = _rows(cluster)
    newest = list(rows.order_by("-seen_at", "-id")[:NEWEST])
    first = list(rows.order_by("seen_at", "id")[:FIRST]) if len(newest) == NEWEST else []
    found = {row["pk"]: row for row in [*newest, *reversed(first)]}
    return [_report(row) for row in found.values()]


def _rows(cluster: Cluster) -> QuerySet[FeedbackItem, Any]:
    traced = Case(
        When(trace=[], then=Value(False)), default=Value(True), output_field=BooleanField()
    )
    rows = FeedbackItem.objects.filter(cluster=cluster)
    start = Left("body", BODY_LIMIT)
    return rows.values("pk", "title", "metadata", "fingerprint", "seen_at", start=start, traced=traced)  # fmt: skip


def _report(row: Mapping[str, Any]) -> Report:
    metadata = row["metadata"] if isinstance(row["metadata"], dict) else {}
    screening = metadata.get("screening")
    told = Told(
        id=row["pk"],
        title=row["title"],
        body=row["start"],
        metadata=metadata,
        has_trace=row["traced"],
        flagged=bool(isinstance(screening, dict) and screening.get("flags")),
    )
    return Report(told, row["fingerprint"], row["seen_at"], metadata)
