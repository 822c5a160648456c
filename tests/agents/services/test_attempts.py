"""What passes by itself is tried again by itself, visibly and not for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django.fixtures import Settings

from agents.models import Execution, Job, Step
from agents.services import executions, jobs, leases
from agents.services.leases import Lease
from clusters.models import Cluster
from credentials.models import User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(cluster: Cluster) -> Job:
    return factories.make_job(cluster.project, cluster)


def taken(job: Job) -> tuple[Lease, Execution]:
    lease = leases.claim(job.pk, "worker")
    assert lease is not None
    return lease, executions.begin(lease)


def wait_is_over(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(not_before=Now())


def test_the_attempt_ends_and_the_job_waits_for_the_next(job: Job) -> None:
    lease, execution = taken(job)
    executions.start_step(lease, execution, "agent", 1, 0)
    assert executions.try_again(lease, execution, code="sandbox_lost", detail="It was stopped.")
    job.refresh_from_db()
    execution.refresh_from_db()
    assert (job.status, job.outcome, job.lease_owner) == (Job.Status.PENDING, "", "")
    assert (execution.status, execution.outcome) == ("failed", "sandbox_lost")
    assert execution.finished_at is not None
    assert Step.objects.get(execution=execution).error == "It was stopped."
    assert job.waiting_reason.startswith(
        "The sandbox went away in mid-run; attempt 2 of 3 begins at "
    )
    assert leases.claim(job.pk, "other") is None, "the pause is not over"


def test_the_pause_doubles_and_costs_no_time_of_the_job(job: Job, settings: Settings) -> None:
    settings.ATTEMPT_PAUSE = 100
    lease, execution = taken(job)
    executions.try_again(lease, execution, code="sandbox_lost")
    job.refresh_from_db()
    assert 100 <= job.paused_seconds <= 120
    assert job.not_before is not None
    assert job.not_before > timezone.now() + timedelta(seconds=80)
    wait_is_over(job)
    executions.try_again(*taken(job), code="sandbox_lost")
    job.refresh_from_db()
    assert 300 <= job.paused_seconds <= 360


def test_each_attempt_is_an_execution_of_its_own(job: Job) -> None:
    executions.try_again(*taken(job), code="sandbox_failed")
    wait_is_over(job)
    _, second = taken(job)
    assert second.number == 2
    assert (executions.attempts_left(second), second.status) == (1, "running")


def test_the_last_attempt_has_none_left(job: Job, settings: Settings) -> None:
    settings.ATTEMPTS = 1
    _, execution = taken(job)
    assert executions.attempts_left(execution) == 0


def test_a_cancel_between_two_attempts_lets_a_worker_tidy_up(job: Job, alice: User) -> None:
    executions.try_again(*taken(job), code="sandbox_lost")
    jobs.cancel(alice, job)
    job.refresh_from_db()
    assert (job.status, job.not_before) == (Job.Status.PENDING, None)
    assert leases.claim(job.pk, "worker") is not None


def test_a_cancel_at_the_very_end_of_an_attempt_is_not_waited_out(job: Job, alice: User) -> None:
    lease, execution = taken(job)
    jobs.cancel(alice, job)
    executions.try_again(lease, execution, code="sandbox_lost")
    job.refresh_from_db()
    assert (job.status, job.not_before) == (Job.Status.PENDING, None)


def test_who_lost_the_lease_decides_nothing(job: Job) -> None:
    lease, execution = taken(job)
    Job.objects.filter(pk=job.pk).update(fence=lease.fence + 1)
    assert not executions.try_again(lease, execution, code="sandbox_lost")
    execution.refresh_from_db()
    assert execution.status == "running"


def test_a_step_that_ends_shows_that_the_job_kills_nobody(job: Job) -> None:
    lease, execution = taken(job)
    Job.objects.filter(pk=job.pk).update(claims_in_vain=7)
    step = executions.start_step(lease, execution, "preflight", 1, 0)
    executions.end_step(lease, step, seq=0, result={})
    job.refresh_from_db()
    assert job.claims_in_vain == 0
