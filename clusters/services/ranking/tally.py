"""Who is in a cluster, and since when: read at once while it is small, counted along indexes later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from clusters.models import Cluster, FeedbackItem, Source
from clusters.ranking.people import identity, is_machine

SMALL = 200  # reports
WEEK = timedelta(days=7)
BEFORE = 4  # weeks that say what is usual
MOST = 1_000  # reports of a week that are counted, and of the weeks before
NAMES = 1_000  # names that are compared without regard to how they are written


@dataclass(frozen=True, slots=True)
class Tally:
    """What a cluster's reports add up to. `people`: names once each, without machines'."""

    count: int
    sources: frozenset[int]
    first: datetime | None
    last: datetime | None
    names: int  # as they are written
    nameless: int
    people: frozenset[str]
    others: int  # names beyond those that were compared, each a person of its own
    machines: int
    week: int  # reports of the last seven days
    before: int  # of the four weeks before these
    ids: frozenset[int] | None = None  # None: too many to know them all

    @property
    def usual(self) -> float | None:
        """Reports of a usual week before this one; None: there was none."""
        now = timezone.now()
        weeks = min(float(BEFORE), (now - WEEK - (self.first or now)) / WEEK)
        return self.before / max(1.0, weeks) if weeks > 0 else None


def tally(cluster: Cluster) -> Tally:
    """One query for a small cluster, ten for others."""
    items = FeedbackItem.objects.filter(cluster=cluster)
    rows = list(items.values_list("pk", "author", "seen_at", "source").order_by()[: SMALL + 1])
    return _of_rows(rows) if len(rows) <= SMALL else _counted(cluster, items)


def _of_rows(rows: list[tuple[int, str, datetime, int]]) -> Tally:
    now = timezone.now()
    moments = sorted(at for _, _, at, _ in rows)
    names = {name for _, name, _, _ in rows} - {""}
    weeks_ago = [(now - at) / WEEK for at in moments]
    return Tally(
        count=len(rows),
        sources=frozenset(source for *_, source in rows),
        first=moments[0] if moments else None,
        last=moments[-1] if moments else None,
        names=len(names),
        nameless=sum(not name for _, name, _, _ in rows),
        people=_people(names),
        others=0,
        machines=sum(map(is_machine, names)),
        week=sum(0 <= ago < 1 for ago in weeks_ago),
        before=sum(1 <= ago < 1 + BEFORE for ago in weeks_ago),
        ids=frozenset(pk for pk, *_ in rows),
    )


def _counted(cluster: Cluster, items: QuerySet[FeedbackItem]) -> Tally:
    now = timezone.now()
    inside = Exists(items.filter(source=OuterRef("pk")))
    sources = Source.objects.filter(inside, project=cluster.project_id)
    when = items.order_by("seen_at", "id").values_list("seen_at", flat=True)
    named = items.exclude(author="").values_list("author", flat=True).order_by().distinct()
    names = set(named[:NAMES])
    count = named.count()
    return Tally(
        count=items.count(),
        sources=frozenset(sources.values_list("pk", flat=True)),
        first=when.first(),
        last=when.last(),
        names=count,
        nameless=items.filter(author="").count(),
        people=_people(names),
        others=max(0, count - NAMES),
        machines=sum(map(is_machine, names)),
        week=_within(items, now - WEEK, now),
        before=_within(items, now - (BEFORE + 1) * WEEK, now - WEEK),
    )


def _people(names: set[str]) -> frozenset[str]:
    return frozenset(identity(name) for name in names if not is_machine(name))


def _within(items: QuerySet[FeedbackItem], after: datetime, until: datetime) -> int:
    return items.filter(seen_at__gt=after, seen_at__lte=until).order_by()[:MOST].count()
