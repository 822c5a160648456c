"""How much a cluster hurts, whether somebody could start on it, and whether it is done already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.utils import timezone

from clusters.models import Cluster, FeedbackComment
from clusters.ranking import impact
from clusters.ranking.actionability import actionability_of
from clusters.ranking.base import Facts, Judged, Part, Reporters
from clusters.ranking.people import identity, is_machine
from clusters.ranking.severity import severity_of
from clusters.services.ranking import addressed, reading
from clusters.services.ranking.reading import Report
from clusters.services.ranking.tally import BEFORE, NAMES, WEEK, Tally, tally

FIELDS = (
    "impact",
    "impact_reasons",
    "severity",
    "actionability",
    "actionability_reason",
    "addressed",
)
AT_ONCE = 5_000  # clusters that are ranked for the first time in one go
MOST_COUNTED = 10_000  # that a source may claim for one report
_REACTIONS = ("reactions", "thumbs_up", "upvotes", "votes", "score")


def rank(cluster: Cluster, counted: Tally | None = None) -> None:
    """Set impact, severity, actionability and `addressed` from the reports. Saves nothing.

    The columns that count reports have to be right before; few reports are read. `counted` is what
    they add up to, where the caller knows it.
    """
    counted = counted or tally(cluster)
    reports = reading.sample(cluster)
    told = [report.told for report in reports]
    severity = severity_of(told)
    cluster.severity = severity.verdict if severity else ""
    if not cluster.described_by:  # else a model has said it, which has read more of them
        judged = actionability_of(told)
        cluster.actionability = judged.verdict if judged else ""
        cluster.actionability_reason = judged.text if judged else ""
    _set_impact(cluster, _facts(counted, reports, severity) if reports else None)
    cluster.addressed = addressed.judge(cluster, reports, counted.sources)


def shown(cluster: Cluster, now: datetime | None = None) -> list[Part]:
    """What its impact is made of as of now, for people: older than today counts against it."""
    return impact.as_of(cluster.impact_reasons, now or timezone.now())


def shown_total(cluster: Cluster, now: datetime | None = None) -> float:
    """What its impact is as of now, in points."""
    return impact.total(shown(cluster, now))


def rescore() -> int:
    """Rank again where only time has changed something, and what never was. How many changed."""
    return _first_time() + _trends_that_passed(timezone.now())


def _first_time() -> int:
    """Clusters of before there was a ranking, those first that were reported last."""
    unranked = Cluster.objects.filter(impact_reasons=[], item_count__gt=0, rank=2)
    keys = list(unranked.order_by("-seen_at", "-id").values_list("pk", flat=True)[:AT_ONCE])
    changed = 0
    for key in keys:
        cluster = Cluster.objects.filter(pk=key).first()
        if cluster is not None:
            rank(cluster)
            values = {name: getattr(cluster, name) for name in FIELDS}
            changed += Cluster.objects.filter(pk=key, impact_reasons=[]).update(**values)
    return changed


def _trends_that_passed(now: datetime) -> int:
    # Reports that come rank their cluster themselves; without them, only a trend can change.
    recent = (
        Cluster.objects.filter(rank=2, seen_at__gte=now - BEFORE * WEEK)
        .order_by("id")
        .values_list("pk", "impact", "impact_reasons")
    )
    rising = [row for row in recent.iterator(chunk_size=500) if _part(row[2], "trend")]
    return sum(_without_old_trend(row) for row in rising)


def _without_old_trend(row: tuple[int, float, list[dict[str, Any]]]) -> int:
    key, before, reasons = row
    cluster = Cluster.objects.filter(pk=key).first()
    if cluster is None:
        return 0
    counted = tally(cluster)
    trend = impact.trend(counted.week, counted.usual)
    parts = [Part(**reason) for reason in reasons if reason["name"] not in {"trend", "recency"}]
    last = [Part(**reason) for reason in reasons if reason["name"] == "recency"]
    parts = [*parts, *([trend] if trend.value else []), *last]
    total = impact.total(parts)
    # Whoever has ranked it meanwhile knows more.
    same = Cluster.objects.filter(pk=key, impact=before).exclude(impact=total)
    return same.update(impact=total, impact_reasons=[asdict(part) for part in parts])


def _part(reasons: Iterable[Mapping[str, Any]], name: str) -> bool:
    return any(reason.get("name") == name for reason in reasons)


def _set_impact(cluster: Cluster, facts: Facts | None) -> None:
    parts = impact.impact(facts) if facts else []
    cluster.impact = impact.total(parts)
    cluster.impact_reasons = [asdict(part) for part in parts]


def _facts(tally: Tally, reports: Sequence[Report], severity: Judged | None) -> Facts:
    return Facts(
        reporters=_reporters(tally, reports),
        last_seen=tally.last or timezone.now(),
        severity=severity,
        reactions=sum(_number(report.metadata, *_REACTIONS) for report in reports),
        users=max(_number(report.metadata, "users") for report in reports),
        week=tally.week,
        usual=tally.usual,
    )


def _reporters(tally: Tally, reports: Sequence[Report]) -> Reporters:
    """People once each, also where sources write their names a little differently.

    Of a large cluster, only comments on the reports that were read count.
    """
    items = tally.ids if tally.ids is not None else [report.told.id for report in reports]
    said = FeedbackComment.objects.filter(item__in=items).exclude(author="")
    names = said.values_list("author", flat=True).order_by().distinct()[:NAMES]
    joined = {identity(name) for name in names if not is_machine(name)} - tally.people
    return Reporters(
        named=len(tally.people) + tally.others,
        anonymous=tally.nameless + tally.machines,
        commenting=len(joined),
    )


def _number(metadata: Mapping[str, Any], *names: str) -> int:
    """What a source has counted itself, such as thumbs up; 0 when it tells nothing."""
    texts = (str(metadata.get(name, "")) for name in names)
    return next((min(int(text[:7]), MOST_COUNTED) for text in texts if text.isascii() and text.isdigit()), 0)  # fmt: skip
