"""Who works on a job. Claims and renewals are conditional UPDATEs by the database's clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, PositiveSmallIntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce, Now

from agents import queue
from agents.models import Job
from agents.pipelines.base import LeaseLost
from agents.pipelines.version import PIPELINE_VERSION
from agents.services import queueing, rows
from agents.services.turns import Waiting
from clusters.models import Project


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a job: every write must carry this fence."""

    job_id: int
    owner: str
    fence: int


def claim(job_id: int, owner: str) -> Lease | None:
    """Take a waiting job, or one whose lease ran out or was given back.

    None when somebody else has it, when it was put aside until later, when a limit holds it back,
    or when it needs a newer worker.
    """
    with transaction.atomic():
        if not _may_go_on(job_id):
            return None
        changed = (
            _free()
            .filter(pk=job_id)
            .update(
                status=Case(
                    When(status=Job.Status.PENDING, then=Value(Job.Status.PROVISIONING)),
                    default=F("status"),
                ),
                claims_in_vain=Case(
                    When(status=Job.Status.PENDING, then=_count(0)),
                    When(lease_owner="", then=F("claims_in_vain")),  # its worker gave it back
                    default=F("claims_in_vain") + 1,
                ),
                lease_owner=owner,
                lease_until=_until(),
                fence=F("fence") + 1,
                not_before=None,
                waiting_reason="",
                paused_seconds=F("paused_seconds") + _queued(job_id),
                started_at=Coalesce(F("started_at"), Now()),
            )
        )
        if not changed:
            return None
        return Lease(job_id, owner, Job.objects.values_list("fence", flat=True).get(pk=job_id))


def renew(lease: Lease) -> bool:
    """Hold the job a while longer; False when it is not ours any more."""
    return bool(_held(lease).update(lease_until=_until()))


def hand_over(lease: Lease) -> bool:
    """Let the next worker take the job up at once; False when it is not ours any more."""
    with transaction.atomic():
        given = _held(lease).update(lease_owner="", lease_until=Now())
        if given:
            queue.run_job(lease.job_id)
    return bool(given)


@contextmanager
def fenced(lease: Lease) -> Iterator[None]:
    """A transaction in which the lease holds; raises LeaseLost."""
    with transaction.atomic():
        if not _held(lease).select_for_update().values_list("pk", flat=True).first():
            raise LeaseLost
        yield


def expired() -> list[int]:
    """Jobs whose worker fell silent or gave them back, and that a worker like this can take up."""
    silent = rows.held().filter(lease_until__lte=Now(), pipeline_version__lte=PIPELINE_VERSION)
    return list(silent.order_by("lease_until", "id").values_list("pk", flat=True)[:100])


def forgotten() -> list[int]:
    """A waiting job that may begin: it was put aside until now, or its message was lost.

    One is enough: whoever takes it up looks for the next ones.
    """
    return queueing.upcoming(1)


def _free() -> QuerySet[Job]:
    due = Q(not_before=None) | Q(not_before__lte=Now())
    waits = due & Q(status=Job.Status.PENDING)
    silent = Q(status__in=Job.HELD, lease_until__lte=Now())
    return Job.objects.filter(waits | silent, pipeline_version__lte=PIPELINE_VERSION)


def _may_go_on(job_id: int) -> bool:
    """Whether no limit holds the job back; its project's row is held until the transaction ends,

    so that two workers cannot both take the last place.
    """
    row = (
        _free()
        .filter(pk=job_id)
        .values_list(
            "project_id", "project__team_id", "status", "started_at", "cancel_requested_at"
        )
        .first()
    )
    if row is None:
        return False
    project, team, status, began, cancelled = row
    if status in Job.HELD:
        return True  # it has its place
    # Rows that name the project may be made meanwhile.
    held = Project.objects.select_for_update(no_key=True).filter(pk=project)
    held.values_list("pk", flat=True).first()
    waiting = Waiting(
        job_id, project, team, begun=began is not None, cancelled=cancelled is not None
    )
    return queueing.may_begin(waiting)


def _queued(job_id: int) -> int:
    """Seconds since a job that was begun could have gone on: its time limit leaves them out."""
    job = Job.objects.filter(pk=job_id, status=Job.Status.PENDING, started_at__isnull=False)
    since = Coalesce(F("not_before"), F("lease_until"))
    row = job.annotate(since=since, now=Now()).values_list("since", "now").first()
    if row is None or row[0] is None:
        return 0
    return max(0, int((row[1] - row[0]).total_seconds()))


def _held(lease: Lease) -> QuerySet[Job]:
    return Job.objects.filter(
        pk=lease.job_id, lease_owner=lease.owner, fence=lease.fence, status__in=Job.HELD
    )


def _count(number: int) -> Value:
    return Value(number, output_field=PositiveSmallIntegerField())


def _until() -> CombinedExpression:
    """By the database's clock: the hosts' own may disagree."""
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)
