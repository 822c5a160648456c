"""Clusters: formed from waiting feedback, renamed, dismissed, reopened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Max, Min
from django.db.models.functions import Coalesce
from django.utils import timezone

from clusters.grouping.base import Assignment, Group, Item
from clusters.grouping.online import assign
from clusters.grouping.summary import summary_of, title_of
from clusters.models import Cluster, FeedbackItem, Project
from credentials.errors import Conflict, Invalid
from credentials.models import User
from credentials.services import audit, teams

# Clusters that new reports may still join.
OPEN = (Cluster.Status.NEW, Cluster.Status.PLANNED, Cluster.Status.FIXING, Cluster.Status.PR_OPENED)
COMPARED_ITEMS = 5000
COMPARED_LENGTH = 10_000  # characters of a report
GROUPED_AT_ONCE = 500


def group_waiting(project: Project) -> int:
    """Give every waiting item of the project a cluster; how many got one.

    Comparing takes seconds, so it holds no transaction: with SQLite nobody else could write.
    """
    count = 0
    waiting = FeedbackItem.objects.filter(project=project, cluster=None).order_by("id")
    while batch := list(waiting[:GROUPED_AT_ONCE]):
        assignments = assign([_item(item) for item in batch], _groups(project))
        count += _settle(project, batch, assignments)
    return count


def projects_with_waiting_feedback() -> list[Project]:
    """Projects with items that wait for a cluster for longer than a moment."""
    a_minute_ago = timezone.now() - timedelta(minutes=1)
    waiting = FeedbackItem.objects.filter(cluster=None, received_at__lt=a_minute_ago)
    return list(Project.objects.filter(pk__in=waiting.values("project")))


def refresh(cluster: Cluster) -> None:
    """Count and describe a cluster again from its items; a title that people wrote is kept."""
    items = cluster.items
    facts = items.aggregate(
        item_count=Count("id"),
        source_count=Count("source", distinct=True),
        first_seen=Min(Coalesce("occurred_at", "received_at")),
        last_seen=Max(Coalesce("occurred_at", "received_at")),
    )
    for name, value in facts.items():
        setattr(cluster, name, value)
    named = items.exclude(author="").values("author").distinct().count()
    cluster.reporter_count = named + items.filter(author="").count()
    if not cluster.titled_by_person:
        members = [_item(item) for item in items.order_by("id")[:200]]
        cluster.title = title_of(members)[:300] or "Untitled"
        cluster.summary = summary_of(members)
    cluster.save()


@transaction.atomic
def edit(user: User, cluster: Cluster, *, title: str, summary: str) -> Cluster:
    """A person's own title and summary; later reports do not change them."""
    teams.require_writer(user, cluster.project.team)
    title = title.strip()
    if not title:
        raise Invalid("title_missing", "A cluster needs a title.", fields={"title": ["Needed."]})
    cluster.title, cluster.summary = title[:300], summary.strip()[:5000]
    cluster.titled_by_person = True
    cluster.save(update_fields=["title", "summary", "titled_by_person"])
    audit.record(actor=user, team=cluster.project.team, verb="cluster.edited", target=cluster)
    return cluster


@transaction.atomic
def dismiss(user: User, cluster: Cluster, reason: str) -> Cluster:
    """Not worth work, with the reason. Undone by `reopen`."""
    teams.require_writer(user, cluster.project.team)
    cluster.status = Cluster.Status.DISMISSED
    cluster.dismissed_reason = reason.replace("\0", "").strip()[:2000]
    # Conditional: a job may have begun since the caller looked.
    idle = Cluster.objects.filter(pk=cluster.pk).exclude(status=Cluster.Status.FIXING)
    if not idle.update(status=cluster.status, dismissed_reason=cluster.dismissed_reason):
        raise Conflict("job_running", "A job works on this cluster: cancel it first.")
    audit.record(
        actor=user,
        team=cluster.project.team,
        verb="cluster.dismissed",
        target=cluster,
        reason=cluster.dismissed_reason,
    )
    return cluster


@transaction.atomic
def reopen(user: User, cluster: Cluster) -> Cluster:
    """Back to work: planned when it has a plan, else new."""
    teams.require_writer(user, cluster.project.team)
    if cluster.status in {Cluster.Status.DISMISSED, Cluster.Status.RESOLVED}:
        cluster.status = Cluster.Status.PLANNED if cluster.plans.exists() else Cluster.Status.NEW
        cluster.resolved_at, cluster.dismissed_reason = None, ""
        cluster.save(update_fields=["status", "resolved_at", "dismissed_reason"])
        audit.record(actor=user, team=cluster.project.team, verb="cluster.reopened", target=cluster)
    return cluster


def move(cluster_id: int, status: str, *, outcome: str = "") -> None:
    """Follow a job: one UPDATE, inside the caller's transaction. Dismissed clusters stay so."""
    resolved_at = timezone.now() if status == Cluster.Status.RESOLVED else None
    Cluster.objects.filter(pk=cluster_id).exclude(status=Cluster.Status.DISMISSED).update(
        status=status, last_outcome=outcome, resolved_at=resolved_at
    )


def _item(item: FeedbackItem) -> Item:
    body = item.body[:COMPARED_LENGTH]
    return Item(id=item.pk, title=item.title, body=body, fingerprint=item.fingerprint)


def _groups(project: Project) -> list[Group]:
    recent = FeedbackItem.objects.filter(project=project, cluster__status__in=OPEN).order_by("-id")[
        :COMPARED_ITEMS
    ]
    groups: dict[int, list[Item]] = {}
    for item in recent.iterator(chunk_size=500):
        assert item.cluster_id is not None  # filtered above
        groups.setdefault(item.cluster_id, []).append(_item(item))
    return [Group(key=key, items=items) for key, items in groups.items()]


@transaction.atomic
def _settle(
    project: Project, batch: Sequence[FeedbackItem], assignments: Sequence[Assignment]
) -> int:
    """Store the assignments, unless the world changed meanwhile; how many were stored."""
    # One grouping at a time for a project: two would make the same cluster twice.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    items = {item.pk: item for item in batch}
    joined = {part.cluster_key for part in assignments if part.cluster_key is not None}
    still_wait = FeedbackItem.objects.filter(pk__in=items, cluster=None).count() == len(items)
    still_open = Cluster.objects.filter(pk__in=joined, status__in=OPEN).count() == len(joined)
    if not (still_wait and still_open):
        return 0
    for cluster in Cluster.objects.filter(pk__in=_apply(project, items, assignments)):
        refresh(cluster)
    return len(items)


def _apply(
    project: Project, items: dict[int, FeedbackItem], assignments: Iterable[Assignment]
) -> set[int]:
    """Store the assignments; the clusters that changed."""
    made: dict[int, int] = {}
    touched = set()
    for assignment in assignments:
        key = assignment.cluster_key
        if key is None:
            assert assignment.new_cluster is not None  # one of the two is set
            if assignment.new_cluster not in made:
                made[assignment.new_cluster] = Cluster.objects.create(
                    project=project, title="New"
                ).pk
            key = made[assignment.new_cluster]
        item = items[assignment.item_id]
        item.cluster_id, item.reason = key, asdict(assignment.reason)
        touched.add(key)
    FeedbackItem.objects.bulk_update(items.values(), ["cluster", "reason"], batch_size=500)
    return touched
