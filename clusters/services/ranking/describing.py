"""A cluster's title and summary: in its reporters' own words, or by a model where there is a key.

A model is asked by a worker, never while a cluster is being changed; until it has answered, and
where it does not, the reporters' own words stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from math import floor
from math import log as logarithm

import structlog
from django.core.cache import cache
from django.db.models.functions import Left
from redis.exceptions import RedisError

from clusters import queue, wiring
from clusters.describing.base import Quote, Report
from clusters.describing.extracts import describe as extract
from clusters.describing.model import Described, NotDescribed
from clusters.models import Cluster, FeedbackItem

log = structlog.get_logger(__name__)

FIELDS = ("title", "summary", "summary_quotes", "described_by")
READ = 60  # of the first reports, and of the newest
BODY = 4_000  # characters of a report
_SMALL = 8  # up to so many reports, each new one may say it better
_GROWTH, _MODEL_GROWTH = 1.1, 1.5  # how much a cluster has to grow to be described again
_SEVERAL = 2  # reports that a model is asked about
AN_HOUR = 60  # clusters of a project that a model describes within an hour: each one costs money


def describe(cluster: Cluster, *, before: int | None = None) -> None:
    """Set title and summary, unless people wrote them or they still hold. Saves nothing.

    `before` is how many reports it had when it was described last; None: describe it in any case.
    """
    if cluster.titled_by_person or not cluster.item_count:
        return
    quoted = _quotes_still_there(cluster)
    fits = before is not None and quoted and not _has_grown(before, cluster.item_count, _GROWTH)
    if not (fits or (cluster.described_by and quoted)):
        _extract(cluster)
    if cluster.item_count >= _SEVERAL and (
        before is None or not quoted or _has_grown(before, cluster.item_count, _MODEL_GROWTH)
    ):
        _ask_later(cluster)


def by_model(cluster_id: int) -> bool:
    """Have a model describe a cluster, on a worker; whether it did."""
    cluster = Cluster.objects.select_related("project__team").filter(pk=cluster_id).first()
    if cluster is None or cluster.titled_by_person or cluster.item_count < _SEVERAL:
        return False
    describer = wiring.describer(cluster.project.team)
    if describer is None or not _is_within_limit(cluster.project_id):
        return False
    try:
        found = describer.describe(_reports(cluster))
    except NotDescribed as error:
        log.warning("cluster_not_described", cluster=cluster.pk, reason=str(error))
        return False
    log.info(
        "cluster_described",
        cluster=cluster.pk,
        model=describer.name,
        requests=found.requests,
        tokens_in=found.tokens_in,
        tokens_out=found.tokens_out,
    )
    return _store(cluster, found, describer.name)


def _is_within_limit(project_id: int) -> bool:
    """Whether one more may be asked for; not without the place where that is counted."""
    key = f"described:{project_id}"
    try:
        cache.add(key, 0, 3600)
        return int(cache.incr(key)) <= AN_HOUR
    except (RedisError, ValueError):  # ValueError: the hour ended between the two
        return False


def _store(cluster: Cluster, found: Described, model: str) -> bool:
    """Keep it, unless people wrote a title meanwhile or what it quotes has gone elsewhere."""
    quotes = [asdict(Quote(one.text, one.item)) for one in found.quotes]
    cluster.summary_quotes = quotes
    if not _quotes_still_there(cluster):
        return False
    changed = Cluster.objects.filter(pk=cluster.pk, titled_by_person=False).update(
        title=found.title[:300],
        summary=found.summary,
        summary_quotes=quotes,
        described_by=model[:100],
        actionability=found.actionability,
        actionability_reason=found.reason,
    )
    return changed > 0


def _extract(cluster: Cluster) -> None:
    found = extract(_reports(cluster))
    cluster.title = found.title[:300] or "Untitled"
    cluster.summary = found.summary
    cluster.summary_quotes = [asdict(quote) for quote in found.quotes]
    cluster.described_by = ""


def _ask_later(cluster: Cluster) -> None:
    if wiring.has_model(cluster.project.team):
        queue.describe(cluster.pk)


def _has_grown(before: int, now: int, factor: float) -> bool:
    """Whether another power of the factor was reached, so that nothing has to be remembered."""
    if now < before or before < 1:
        return True
    if factor == _GROWTH and now <= _SMALL:
        return now != before
    return floor(logarithm(now, factor)) != floor(logarithm(before, factor))


def _quotes_still_there(cluster: Cluster) -> bool:
    quoted = {quote.get("item") for quote in cluster.summary_quotes}
    if not quoted:
        return False
    return FeedbackItem.objects.filter(cluster=cluster, pk__in=quoted).count() == len(quoted)


def _reports(cluster: Cluster) -> Sequence[Report]:
    """The first reports and the newest ones, the first first."""
    rows = FeedbackItem.objects.filter(cluster=cluster).values_list("pk", "title", Left("body", BODY))  # fmt: skip
    first = list(rows.order_by("seen_at", "id")[:READ])
    newest = list(rows.order_by("-seen_at", "-id")[:READ]) if len(first) == READ else []
    found = {row[0]: row for row in [*first, *reversed(newest)]}
    return [Report(*row) for row in found.values()]
