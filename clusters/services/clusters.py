"""Clusters: counted and described, renamed, dismissed, reopened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from clusters.models import Cluster, ClusterChange
from clusters.services import changes, ranking
from clusters.services.changes import states
from clusters.services.ranking import describing
from clusters.services.ranking.tally import Tally, tally
from credentials.errors import Conflict, Invalid
from credentials.models import User
from credentials.services import teams

Kind = ClusterChange.Kind
# Clusters that new reports may still join.
OPEN = (Cluster.Status.NEW, Cluster.Status.PLANNED, Cluster.Status.FIXING, Cluster.Status.PR_OPENED)
COUNTS = ("item_count", "reporter_count", "source_count", "first_seen", "last_seen")


def refresh(cluster: Cluster, *, before: int | None = None) -> None:
    """Count, describe and rank a cluster again from its items; a title that people wrote is kept.

    Nothing else of the row is saved: a job may have moved its status meanwhile. `before`: how many
    reports it had when it was described last, where the row says something newer.
    """
    before = cluster.item_count if before is None else before
    counted = tally(cluster)
    _take_over(cluster, counted)
    describing.describe(cluster, before=before)
    ranking.rank(cluster, counted)
    cluster.save(update_fields=[*COUNTS, *describing.FIELDS, *ranking.FIELDS])


def _take_over(cluster: Cluster, counted: Tally) -> None:
    cluster.item_count, cluster.source_count = counted.count, len(counted.sources)
    cluster.reporter_count = counted.names + counted.nameless
    cluster.first_seen, cluster.last_seen = counted.first, counted.last


@transaction.atomic
def edit(user: User, cluster: Cluster, *, title: str, summary: str) -> Cluster:
    """A person's own title and summary; later reports do not change them."""
    teams.require_writer(user, cluster.project.team)
    title = title.replace("\0", "").strip()[:300]
    if not title:
        raise Invalid("title_missing", "A cluster needs a title.", fields={"title": ["Needed."]})
    states.hold(cluster.project_id)
    words = {"title": title, "summary": summary.replace("\0", "").strip()[:5000]}
    changed = {**words, "titled_by_person": True}
    before = Cluster.objects.get(pk=cluster.pk).title
    facts = {"to": title[:80]} if title != before else {}
    changes.record_fields(user, Kind.EDIT, {cluster.pk: changed}, verb="cluster.edited", **facts)
    _follow([cluster], {cluster.pk: changed})
    return cluster


def dismiss(user: User, cluster: Cluster, reason: str) -> Cluster:
    """Not worth work, with the reason. Undone by `reopen`."""
    dismiss_all(user, [cluster], reason)
    return cluster


@transaction.atomic
def dismiss_all(user: User, clusters: Sequence[Cluster], reason: str) -> ClusterChange | None:
    """Clusters of one project that are not worth work; None when all of that is so already."""
    project = clusters[0].project
    teams.require_writer(user, project.team)
    states.hold(project.pk)
    # A job may have begun since the caller looked; until the end of this none can.
    rows = Cluster.objects.select_for_update(no_key=True).filter(project=project)
    now = list(rows.filter(pk__in=[cluster.pk for cluster in clusters]))
    if any(row.status == Cluster.Status.FIXING for row in now):
        raise Conflict("job_running", "A job works on this cluster: cancel it first.")
    reason = reason.replace("\0", "").strip()[:2000]
    changed = {"status": str(Cluster.Status.DISMISSED), "dismissed_reason": reason}
    of = {row.pk: changed for row in now}
    change = changes.record_fields(
        user, Kind.DISMISS, of, verb="cluster.dismissed", reason=reason[:200]
    )
    _follow(clusters, of)
    return change


def reopen(user: User, cluster: Cluster) -> Cluster:
    """Back to work: planned when it has a plan, else new."""
    reopen_all(user, [cluster])
    return cluster


@transaction.atomic
def reopen_all(user: User, clusters: Sequence[Cluster]) -> ClusterChange | None:
    """Clusters of one project that are work again; None when all of them are open."""
    project = clusters[0].project
    teams.require_writer(user, project.team)
    states.hold(project.pk)
    closed = Cluster.objects.filter(project=project, pk__in=[cluster.pk for cluster in clusters])
    closed = closed.filter(status__in=[Cluster.Status.DISMISSED, Cluster.Status.RESOLVED])
    of: dict[int, dict[str, Any]] = {}
    for row in closed:
        status = Cluster.Status.PLANNED if row.plans.exists() else Cluster.Status.NEW
        of[row.pk] = {"status": str(status), "resolved_at": None, "dismissed_reason": ""}
    change = changes.record_fields(user, Kind.REOPEN, of, verb="cluster.reopened") if of else None
    _follow(clusters, of)
    return change


def _follow(clusters: Sequence[Cluster], changed: Mapping[int, Mapping[str, Any]]) -> None:
    """The caller's own copies of the rows say what was stored."""
    for cluster in clusters:
        for name, value in changed.get(cluster.pk, {}).items():
            setattr(cluster, name, value)


def move(cluster_id: int, status: str, *, outcome: str = "") -> None:
    """Follow a job: one UPDATE, inside the caller's transaction. Dismissed clusters stay so."""
    resolved_at = timezone.now() if status == Cluster.Status.RESOLVED else None
    Cluster.objects.filter(pk=cluster_id).exclude(status=Cluster.Status.DISMISSED).update(
        status=status, last_outcome=outcome, resolved_at=resolved_at
    )
