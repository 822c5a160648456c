"""Is it getting worse? Reports of this week beside those of the week before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef
from django.utils import timezone

from clusters.models import Cluster, FeedbackItem
from credentials.paging import CappedCount, counted

WEEK = timedelta(days=7)
MOST = 1_000  # reports of a week that are counted


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
    def this_week(self) -> str:
        """The last seven days' in a word."""
        return counted(self.week, MOST)

    @property
    def text(self) -> str:
        """A few words, or '' when nobody reported it for two weeks."""
        if self.week or self.before:
            return f"{self.this_week} this week, {counted(self.before, MOST)} before"
        return ""


def trends(cluster_ids: Sequence[int], now: datetime | None = None) -> dict[int, Trend]:
    """One query for a page of clusters."""
    now = now or timezone.now()
    rows = (
        Cluster.objects.filter(pk__in=cluster_ids)
        .annotate(week=_reports(now - WEEK, now), before=_reports(now - 2 * WEEK, now - WEEK))
        .values_list("pk", "week", "before")
    )
    found = {key: Trend(week, before) for key, week, before in rows}
    return {key: found.get(key, Trend()) for key in cluster_ids}


def _reports(after: datetime, until: datetime) -> CappedCount:
    found = FeedbackItem.objects.filter(
        cluster=OuterRef("pk"), seen_at__gt=after, seen_at__lte=until
    )
    return CappedCount(found.values("pk")[: MOST + 1])
