"""Is it getting worse? Reports of this week beside those of the week before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from clusters.models import FeedbackItem

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Trend:
    """Reports of the last seven days, and of the seven before."""

    week: int = 0
    before: int = 0

    @property
    def rising(self) -> bool:
        """More than the week before."""
        return self.week > self.before

    @property
    def text(self) -> str:
        """A few words, or '' when nobody reported it for two weeks."""
        if self.week or self.before:
            return f"{self.week} this week, {self.before} before"
        return ""


def trends(cluster_ids: Sequence[int], now: datetime | None = None) -> dict[int, Trend]:
    """One query for a page of clusters."""
    now = now or timezone.now()
    rows = (
        FeedbackItem.objects.filter(cluster__in=cluster_ids)
        .annotate(seen=Coalesce("occurred_at", "received_at"))
        .filter(seen__gt=now - 2 * WEEK, seen__lte=now)
        .values("cluster")
        .annotate(
            week=Count("id", filter=Q(seen__gt=now - WEEK)),
            before=Count("id", filter=Q(seen__lte=now - WEEK)),
        )
    )
    found = {row["cluster"]: Trend(row["week"], row["before"]) for row in rows}
    return {key: found.get(key, Trend()) for key in cluster_ids}
