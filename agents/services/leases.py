"""Who works on a job. Claims and renewals are conditional UPDATEs by the database's clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce, Now

from agents.models import Job
from agents.pipelines.base import LeaseLost


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a job: every write must carry this fence."""

    job_id: int
    owner: str
    fence: int


def claim(job_id: int, owner: str) -> Lease | None:
    """Take a waiting job, or one whose lease ran out.

    None when somebody else has it, or when it was put aside until later.
    """
    waiting = Q(status=Job.Status.PENDING) & (Q(not_before=None) | Q(not_before__lte=Now()))
    free = waiting | Q(status__in=Job.HELD, lease_until__lt=Now())
    with transaction.atomic():
        changed = Job.objects.filter(free, pk=job_id).update(
            status=Case(
                When(status=Job.Status.PENDING, then=Value(Job.Status.PROVISIONING)),
                default=F("status"),
            ),
            lease_owner=owner,
            lease_until=_until(),
            fence=F("fence") + 1,
            not_before=None,
            waiting_reason="",
            started_at=Coalesce(F("started_at"), Now()),
        )
        if not changed:
            return None
        return Lease(job_id, owner, Job.objects.values_list("fence", flat=True).get(pk=job_id))


def renew(lease: Lease) -> bool:
    """Hold the job a while longer; False when it is not ours any more."""
    return bool(_held(lease).update(lease_until=_until()))


@contextmanager
def fenced(lease: Lease) -> Iterator[None]:
    """A transaction in which the lease holds; raises LeaseLost."""
    with transaction.atomic():
        if not _held(lease).select_for_update().values_list("pk", flat=True).first():
            raise LeaseLost
        yield


def expired() -> list[int]:
    """Jobs whose worker fell silent."""
    return list(
        Job.objects.filter(status__in=Job.HELD, lease_until__lt=Now())
        .order_by("id")
        .values_list("pk", flat=True)
    )


def waiting(*, limit: int = 100) -> list[int]:
    """Jobs that nobody has taken up yet, most urgent first."""
    return list(_waiting()[:limit])


def forgotten() -> list[int]:
    """Waiting jobs whose message may be lost, and those that were put aside until now."""
    long_ago = Now() - timedelta(seconds=settings.LEASE_SECONDS)
    lost = Q(not_before=None, created_at__lt=long_ago)
    return list(_waiting().filter(lost | Q(not_before__lte=Now()))[:100])


def _waiting() -> QuerySet[Job, int]:
    due = Q(not_before=None) | Q(not_before__lte=Now())
    pending = Job.objects.filter(due, status=Job.Status.PENDING)
    return pending.order_by("-priority", "id").values_list("pk", flat=True)


def _held(lease: Lease) -> QuerySet[Job]:
    return Job.objects.filter(
        pk=lease.job_id, lease_owner=lease.owner, fence=lease.fence, status__in=Job.HELD
    )


def _until() -> CombinedExpression:
    """By the database's clock: the hosts' own may disagree."""
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)
