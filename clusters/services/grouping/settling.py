"""Stores what grouping decided, unless the world changed meanwhile."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from math import floor, log
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Max, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from clusters.models import Cluster, FeedbackItem, Project
from clusters.services.clusters import refresh
from clusters.services.grouping import coherence
from clusters.services.grouping.indexes import OPEN, Known
from clusters.services.grouping.placing import Placement
from credentials.services import audit

_FEW = 50  # clusters that are described at once, whatever changed
_GROWTH = 1.25


@transaction.atomic
def settle(
    project: Project, known: Known, placements: Sequence[Placement]
) -> dict[int, int] | None:
    """The clusters that changed, and how many reports each had before.

    None when nothing was stored, because others were faster.
    """
    # One grouping at a time for a project: two would make the same cluster twice.
    held = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    ids = [each.item.pk for each in placements]
    waiting = FeedbackItem.objects.filter(pk__in=ids, cluster=None).count()
    if held.membership_version != known.version or waiting != len(ids):
        return None
    if not _still_open(known, placements):
        return None
    for group, cluster in _made(project, known, placements).items():
        known.name(group, cluster)
    store(known, placements)
    touched = counts(known.cluster_of(each.group) for each in placements)
    _come_back(project, known, placements)
    recount(touched)
    touch(project.pk)
    known.version += 1
    return touched


def touch(project_id: int) -> None:
    """Say that a project's items changed clusters; inside the transaction that changes them."""
    Project.objects.filter(pk=project_id).update(
        membership_version=Coalesce("membership_version", 0) + 1
    )


def recount(clusters: Collection[int]) -> None:
    """Count the reports of clusters anew, so that lists are right before they are described."""
    mine = FeedbackItem.objects.filter(cluster=OuterRef("pk")).order_by().values("cluster")

    def of(expression: Count | Min | Max) -> Subquery:
        return Subquery(mine.annotate(found=expression).values("found"))

    named = of(Count("author", distinct=True, filter=~Q(author="")))
    nameless = of(Count("pk", filter=Q(author="")))
    Cluster.objects.filter(pk__in=clusters).update(
        item_count=Coalesce(of(Count("pk")), 0),
        source_count=Coalesce(of(Count("source", distinct=True)), 0),
        reporter_count=Coalesce(named, 0) + Coalesce(nameless, 0),
        first_seen=of(Min("seen_at")),
        last_seen=of(Max("seen_at")),
    )


def counts(clusters: Iterable[int]) -> dict[int, int]:
    """How many reports clusters have, as was counted last."""
    rows = Cluster.objects.filter(pk__in=set(clusters))
    return dict(rows.order_by("pk").values_list("pk", "item_count"))


def describe(before: Mapping[int, int]) -> None:
    """Describe and rank clusters whose reports changed, by how many reports they had before.

    Each in a transaction of its own, because others want to write, too. Of very many only those
    that have grown by a quarter: one more report among fifty changes nothing that people read.
    """
    now = counts(before)
    for cluster_id, count in before.items():
        if len(before) > _FEW and not _grown(count, now.get(cluster_id, 0)):
            continue
        with transaction.atomic():
            held = Cluster.objects.select_for_update(of=("self",), no_key=True)
            cluster = held.filter(pk=cluster_id, merged_into=None).first()
            if cluster is not None:
                refresh(cluster, before=count)
                coherence.ask(cluster.pk, cluster.item_count, cluster.coherence)


def _grown(before: int, now: int) -> bool:
    """Whether another power of the factor was reached, so that nothing has to be remembered."""
    if before < 1 or now < before:
        return True
    return floor(log(now, _GROWTH)) != floor(log(before, _GROWTH))


def made(project: Project, items: Mapping[int, FeedbackItem]) -> dict[int, int]:
    """A new cluster for each of these keys, named after one of its items; its id by key."""
    rows = [Cluster(project=project, title=_title(item)) for item in items.values()]
    Cluster.objects.bulk_create(rows)
    return {key: row.pk for key, row in zip(items, rows, strict=True)}


def _made(project: Project, known: Known, placements: Iterable[Placement]) -> dict[int, int]:
    first: dict[int, FeedbackItem] = {}
    for each in placements:
        if not known.cluster_of(each.group):
            first.setdefault(each.group, each.item)
    return made(project, first)


def _title(item: FeedbackItem) -> str:
    """Until it is described."""
    return " ".join((item.title or item.body[:120]).split())[:300] or "Untitled"


def _still_open(known: Known, placements: Iterable[Placement]) -> bool:
    joined = {known.cluster_of(each.group) for each in placements if each.rule == "similar"} - {0}
    found = Cluster.objects.filter(pk__in=joined, status__in=OPEN, locked=False, merged_into=None)
    exact = {known.cluster_of(each.group) for each in placements} - joined - {0}
    there = Cluster.objects.filter(pk__in=exact).count()
    return found.count() == len(joined) and there == len(exact)


def store(known: Known, placements: Iterable[Placement], **more: Any) -> None:
    """Write cluster, reason and fingerprint of items; `more` goes into every reason."""
    table = connection.ops.quote_name(FeedbackItem._meta.db_table)
    rows = [
        (
            known.cluster_of(each.group),
            json.dumps(each.reason(**more)),
            each.item.fingerprint,
            each.item.pk,
        )
        for each in placements
    ]
    with connection.cursor() as cursor:
        # Django's own bulk update makes one condition for each row: ten times as slow.
        cursor.executemany(
            f"UPDATE {table} SET cluster_id = %s, reason = %s, fingerprint = %s WHERE id = %s",  # noqa: S608 - our own table
            rows,
        )


def _come_back(project: Project, known: Known, placements: Iterable[Placement]) -> None:
    """What was resolved and is reported again is open again; what was dismissed stays so."""
    said: dict[int, FeedbackItem] = {}
    for each in placements:
        said[known.cluster_of(each.group)] = each.item
    resolved = Cluster.objects.filter(pk__in=said, status=Cluster.Status.RESOLVED)
    for cluster in resolved.exclude(resolved_at=None):
        item = said[cluster.pk]
        at = item.occurred_at or item.received_at
        assert cluster.resolved_at is not None  # excluded above
        if at <= cluster.resolved_at:
            continue
        planned = cluster.plans.exists()
        cluster.status = Cluster.Status.PLANNED if planned else Cluster.Status.NEW
        cluster.resolved_at = None
        cluster.save(update_fields=["status", "resolved_at"])
        audit.record(
            actor=None, team=project.team, verb="cluster.came_back", target=cluster, item=item.pk
        )
