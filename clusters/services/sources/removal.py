"""What removing a source does to its row and its reports. `sources.remove` is the way to it.

Many reports take a while to delete: the source is gone at once, and a worker deletes them batch by
batch, each with the counts of the clusters that it touches. A worker that dies leaves the rest to
the next one.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from clusters import queue
from clusters.models import Cluster, FeedbackItem, Intake, Source
from clusters.services import clusters, grouping

LONGEST_NAME = 200
DELETED_AT_ONCE = 500
# Work that has not begun: without reports there is nothing to do.
_IDLE = (Cluster.Status.NEW, Cluster.Status.PLANNED)
_EMPTY = "All of its reports were deleted together with the source that they came from."


def retire(source: Source, *, deletes_reports: bool) -> None:
    """The row stays for its reports' sake; nothing gets in by it, and its name is free."""
    now = timezone.now()
    suffix = f" (removed {now:%Y-%m-%d}, {source.pk})"
    source.name = source.name[: LONGEST_NAME - len(suffix)] + suffix
    source.config = {"removed_at": now.isoformat(timespec="seconds")}
    if deletes_reports:
        source.config["deletes_reports"] = True
    source.enabled, source.public_key, source.secret = False, None, None
    source.cursor, source.next_sync_at = {}, None
    source.sync_owner, source.sync_expires_at = "", None
    source.last_error, source.last_error_at = "", None
    source.save()
    Intake.objects.filter(source=source).delete()
    if deletes_reports:
        queue.delete_reports(source.pk)


def finish(source_id: int) -> None:
    """Delete the reports of a source that was removed with them, then its row."""
    source = _unfinished().filter(pk=source_id).first()
    if source is None:
        return
    while _delete_some(source):
        pass
    source.delete()


def forgotten() -> list[int]:
    """Sources that still have reports to delete."""
    return list(_unfinished().values_list("pk", flat=True)[:100])


def _unfinished() -> QuerySet[Source]:
    return Source.objects.filter(config__deletes_reports=True)


@transaction.atomic
def _delete_some(source: Source) -> bool:
    """One batch, cluster by cluster; False when there was nothing left."""
    items = FeedbackItem.objects.filter(source=source).order_by("cluster_id", "id")
    rows = list(items.values_list("pk", "cluster_id")[:DELETED_AT_ONCE])
    if rows:
        # The project before its items, as everywhere, so that nobody waits crosswise.
        grouping.touch(source.project_id)
    FeedbackItem.objects.filter(pk__in=[pk for pk, _ in rows]).delete()
    touched = {cluster_id for _, cluster_id in rows}  # None among them is no cluster's id
    for cluster in Cluster.objects.filter(pk__in=touched).select_related("project"):
        _count_again(cluster)
    return bool(rows)


def _count_again(cluster: Cluster) -> None:
    if cluster.items.exists():
        clusters.refresh(cluster)
        return
    # Its title stays, so that people know what it was.
    rows = Cluster.objects.filter(pk=cluster.pk)
    rows.update(item_count=0, reporter_count=0, source_count=0, impact=0.0)
    rows.filter(status__in=_IDLE).update(status=Cluster.Status.DISMISSED, dismissed_reason=_EMPTY)
