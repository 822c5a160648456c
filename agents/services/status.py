"""What runs where, since when, and what waits: for the queue's page, operators and the API.

Times are the database's: hosts may disagree about what time it is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from agents.models import Execution, Job, Step
from agents.services import installation, queueing, rows
from agents.services.queueing import Place
from agents.services.usual import usual_of

SHOWN = 200  # running jobs, and as many waiting ones
_TO_PERSON = "Waits for a person to approve or reject it."
_FAR_BACK = "Very many jobs are before it."


class Pulse(StrEnum):
    """What is heard of the worker that holds a job."""

    BEATS = "beats"
    LATE = "late"  # it should have been heard of by now
    LOST = "lost"  # its lease ran out: another worker takes over


@dataclass(frozen=True, slots=True)
class LeaseHealth:
    """Who works on a job, and when that worker was last heard of."""

    owner: str
    renewed_at: datetime
    seconds_ago: float
    pulse: Pulse

    @property
    def host(self) -> str:
        """The worker's host."""
        return self.owner.split(":")[0]

    @property
    def process(self) -> str:
        """The worker's process id on its host."""
        return self.owner.split(":")[1] if ":" in self.owner else ""


@dataclass(frozen=True, slots=True)
class Running:
    """A job that a worker holds.

    `elapsed` is in seconds, without the time that the job was put aside; `usual` is what the
    project's jobs usually take, None when that is not known yet. `attempt_began` is the beginning
    of the attempt whose `steps` these are.
    """

    job: Job
    attempt: int
    attempt_began: datetime | None
    sandbox: str
    isolation: str
    steps: tuple[Step, ...]
    lease: LeaseHealth
    elapsed: float
    usual: float | None

    @property
    def step(self) -> Step | None:
        """The one that is being done, or was done last."""
        return self.steps[-1] if self.steps else None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that nobody works on. `position` is over all teams, 1 is next; None: a person's turn
    first, or very far back."""

    job: Job
    position: int | None
    reason: str
    not_before: datetime | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process that holds leases."""

    host: str
    process: str
    jobs: int
    seconds_ago: float


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything at one moment. The lists hold SHOWN jobs at most, the counts all of them."""

    now: datetime
    running: tuple[Running, ...]
    waiting: tuple[Waiting, ...]
    running_count: int
    waiting_count: int

    @property
    def jobs(self) -> list[Job]:
        """Those that are listed."""
        return [*(each.job for each in self.running), *(each.job for each in self.waiting)]

    @property
    def sandboxes(self) -> dict[str, int]:
        """How many sandboxes are in use, by provider."""
        return dict(sorted(Counter(each.sandbox for each in self.running if each.sandbox).items()))

    @property
    def workers(self) -> list[Worker]:
        """The processes that hold a lease, those silent for longest first."""
        found = defaultdict[tuple[str, str], list[float]](list)
        for each in self.running:
            found[each.lease.host, each.lease.process].append(each.lease.seconds_ago)
        workers = [Worker(*name, len(ages), min(ages)) for name, ages in found.items()]
        return sorted(workers, key=lambda worker: -worker.seconds_ago)


def overview(jobs: QuerySet[Job]) -> Overview:
    """What of these jobs runs and waits; the number of queries depends on neither."""
    known = jobs.select_related("project__team", "requested_by").annotate(now=Now())
    held, kept = jobs.filter(rows.IS_HELD), jobs.filter(rows.IS_WAITING)
    # By an expression: in the order of an index, SQLite would read all jobs that ever were.
    began = Coalesce("started_at", "created_at")
    running = list(known.filter(rows.IS_HELD).defer("plan_snapshot").order_by(began, "id")[:SHOWN])
    waiting = list(
        known.filter(rows.IS_WAITING).defer("plan_snapshot").order_by("-priority", "id")[:SHOWN]
    )
    now = _moment([*running, *waiting])
    return Overview(
        now=now,
        running=tuple(_running(running, now)),
        waiting=tuple(_waiting(waiting)),
        running_count=held.count() if len(running) == SHOWN else len(running),
        waiting_count=kept.count() if len(waiting) == SHOWN else len(waiting),
    )


def seconds_since_beat() -> float | None:
    """How long ago a worker was last reached by beat; None when nobody knows."""
    return installation.seconds_since_beat()


def reason_of(job: Job, place: Place | None) -> str:
    """Why a job waits, in one sentence."""
    if job.status == Job.Status.AWAITING_APPROVAL:
        return _TO_PERSON
    return place.reason if place else job.waiting_reason or _FAR_BACK


def pulse(seconds_ago: float) -> Pulse:
    """How a lease is that was renewed so many seconds ago."""
    if seconds_ago > settings.LEASE_SECONDS:
        return Pulse.LOST
    return Pulse.LATE if seconds_ago > late_after() else Pulse.BEATS


def late_after() -> float:
    """Seconds after which a worker should have been heard of; it beats several times in these."""
    return settings.LEASE_SECONDS / 3


def _moment(jobs: Sequence[Job]) -> datetime:
    """The database's time; without a row to ask with, ours is as good."""
    asked: datetime | None = getattr(jobs[0], "now", None) if jobs else None
    return asked or timezone.now()


def _running(jobs: Sequence[Job], now: datetime) -> Iterable[Running]:
    usual = usual_of(job.project_id for job in jobs)
    attempts = _attempts(jobs)
    steps = _steps(attempts.values())
    for job in jobs:
        attempt = attempts.get(job.pk)
        begun = job.started_at or job.created_at
        yield Running(
            job=job,
            attempt=attempt.number if attempt else 1,
            attempt_began=attempt.started_at if attempt else None,
            sandbox=attempt.sandbox_provider if attempt else "",
            isolation=attempt.isolation if attempt else "",
            steps=tuple(steps[attempt.pk]) if attempt else (),
            lease=_lease(job, now),
            elapsed=max(0.0, (now - begun).total_seconds() - job.paused_seconds),
            usual=usual[job.project_id],
        )


def _waiting(jobs: Sequence[Job]) -> list[Waiting]:
    places = queueing.places() if jobs else {}
    found = [_wait(job, places.get(job.pk)) for job in jobs]
    return sorted(found, key=lambda each: (each.position is None, each.position or 0))


def _wait(job: Job, place: Place | None) -> Waiting:
    return Waiting(
        job=job,
        position=place.position if place else None,
        reason=reason_of(job, place),
        not_before=place.not_before if place else job.not_before,
        since=job.asked_at or job.created_at,
    )


def _attempts(jobs: Sequence[Job]) -> Mapping[int, Execution]:
    """The newest attempt of each job."""
    rows = Execution.objects.filter(job__in=jobs).order_by("number")
    wanted = ("job", "number", "started_at", "sandbox_provider", "isolation")
    return {row.job_id: row for row in rows.only(*wanted)}


def _steps(attempts: Iterable[Execution]) -> Mapping[int, list[Step]]:
    found = defaultdict[int, list[Step]](list)
    for step in Step.objects.filter(execution__in=list(attempts)).defer("result", "error"):
        found[step.execution_id].append(step)
    return found


def _lease(job: Job, now: datetime) -> LeaseHealth:
    until = job.lease_until or now
    renewed = until - timedelta(seconds=settings.LEASE_SECONDS)
    ago = max(0.0, (now - renewed).total_seconds())
    return LeaseHealth(job.lease_owner, renewed, ago, pulse(ago))
