"""A change taken back, and made again: exactly what it touched, and only while nothing came on top.

Reports that arrived meanwhile stay where they are.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from clusters.models import Cluster, ClusterChange, FeedbackItem
from clusters.services import changes, grouping
from clusters.services.changes import states
from clusters.services.changes.states import Differences, State
from clusters.services.clusters import refresh
from clusters.services.grouping import retuning
from clusters.services.surgery import lessons
from credentials.errors import Conflict
from credentials.models import User
from credentials.services import audit, teams

_READ = 100  # newer changes that are looked at for the one that stands in the way


@transaction.atomic
def undo(user: User, change: ClusterChange) -> ClusterChange:
    """Everything that it touched as it was before it.

    Raises Conflict `changed_since`, with the newer change that has to be undone first, and
    `undone_already`, `job_running`; Forbidden.
    """
    change = _held(user, change)
    if change.undone_at is not None:
        raise Conflict("undone_already", "This was undone already.")
    _step(change, change.after, change.before)
    change.constraints.all().delete()
    retuning.retune(change.project)
    change.undone_at, change.undone_by = timezone.now(), user
    return _told(user, change, "cluster.change_undone")


@transaction.atomic
def redo(user: User, change: ClusterChange) -> ClusterChange:
    """Everything that it touched as it was after it; raises as `undo` does, and `not_undone`."""
    change = _held(user, change)
    if change.undone_at is None:
        raise Conflict("not_undone", "This was not undone.")
    _step(change, change.before, change.after)
    changes.attach(change)  # what it had made was gone meanwhile
    lessons.learn(change)
    change.undone_at = change.undone_by = None
    return _told(user, change, "cluster.change_redone")


def _held(user: User, change: ClusterChange) -> ClusterChange:
    teams.require_writer(user, change.project.team)
    states.hold(change.project_id)
    return ClusterChange.objects.select_related("project__team").get(pk=change.pk)


def _step(change: ClusterChange, present: State, wanted: State) -> None:
    """From one state to the other, when nothing stands in the way."""
    # A job that begins on one of them waits, or has begun and is a difference.
    rows = Cluster.objects.select_for_update(no_key=True)
    list(rows.filter(pk__in=[int(key) for key in wanted["clusters"]]).order_by("pk"))
    if wrong := states.differences(present, wanted):
        raise _changed_since(change, wrong)
    made = _in_one_of(change.before, change.after)
    if newer := _live_beside(change).filter(clusters__in=made).order_by("-pk").first():
        raise _first(newer)
    _require_idle(wanted)
    changed = states.write(change.project_id, present, wanted)
    changed |= {
        int(key) for key, row in wanted["clusters"].items() if "titled_by_person" in (row or {})
    }
    merged = Cluster.objects.filter(pk__in=changed, merged_into__isnull=False)
    alive = changed - set(merged.values_list("pk", flat=True))
    told = wanted.get("told", {})
    states.tell_again(told)  # so that nothing is described anew that is as it was
    for cluster in Cluster.objects.filter(pk__in=alive):
        refresh(cluster)
    states.tell_again(told)
    grouping.touch(change.project_id)


def _in_one_of(before: State, after: State) -> set[int]:
    """Clusters that are in one of the two states only."""
    keys = before["clusters"].keys() | after["clusters"].keys()
    return {
        int(key)
        for key in keys
        if (before["clusters"].get(key) is None) or (after["clusters"].get(key) is None)
    }


def _require_idle(wanted: State) -> None:
    """Raises Conflict `job_running` when a cluster would go away that a job works on."""
    going = [
        int(key)
        for key, fields in wanted["clusters"].items()
        if fields is None or fields.get("merged_into")
    ]
    if busy := states.busy(going):
        raise Conflict(
            "job_running", f"A job works on “{busy.title}”: cancel it first.", cluster=busy.pk
        )


def _live_beside(change: ClusterChange) -> QuerySet[ClusterChange]:
    rows = ClusterChange.objects.filter(project=change.project_id, undone_at=None)
    return rows.exclude(pk=change.pk)


def _changed_since(change: ClusterChange, wrong: Differences) -> Conflict:
    """The newest change that is responsible for a difference, or that it was no person."""
    reasons = FeedbackItem.objects.filter(pk__in=wrong.items[:_READ]).values_list(
        "reason", flat=True
    )
    keys = {reason.get("change") for reason in reasons if reason}
    found = _live_beside(change).filter(pk__in=keys - {None}).order_by("-pk").first()
    if found is not None:
        return _first(found)
    for newer in _live_beside(change).filter(clusters__in=wrong.clusters).order_by("-pk")[:_READ]:
        if _touches(newer, wrong):
            return _first(newer)
    return Conflict(
        "changed_since",
        "This cannot be done now: what it changed has been changed since, by a job or by grouping.",
    )


def _touches(change: ClusterChange, wrong: Differences) -> bool:
    touched = change.after["clusters"]
    return any(
        name in (touched.get(str(key)) or {})
        for key, names in wrong.clusters.items()
        for name in names
    )


def _first(newer: ClusterChange) -> Conflict:
    """What has to be undone before."""
    place = newer.clusters.filter(merged_into=None).order_by("-pk").first()
    url = f"{reverse('cluster', args=[place.pk])}#change-{newer.pk}" if place else ""
    return Conflict(
        "changed_since",
        f"Something newer stands on it: “{changes.sentence(newer)}”. Undo that first.",
        change=newer.pk,
        url=url,
    )


def _told(user: User, change: ClusterChange, verb: str) -> ClusterChange:
    change.save(update_fields=["undone_at", "undone_by"])
    target = change.clusters.order_by("pk").first()
    audit.record(
        actor=user,
        team=change.project.team,
        verb=verb,
        target=target or change.project,
        change=change.pk,
        what=changes.sentence(change),
    )
    return change
