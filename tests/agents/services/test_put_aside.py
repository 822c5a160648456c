"""A job that must wait for its forge: pending again, with a reason and a moment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents.models import Execution, Job, Step
from agents.services import executions, jobs, leases
from agents.services.leases import Lease
from clusters.models import Cluster
from credentials.models import User
from tests import factories

REASON = "GitHub's limit for this account is used up: it goes on in about 10 minutes."


@pytest.fixture
def job(cluster: Cluster, alice: User) -> Job:
    return factories.make_job(cluster.project, cluster, requested_by=alice)


def put_aside(job: Job, *, keep_steps: bool = False) -> Execution:
    lease = leases.claim(job.pk, "worker")
    assert lease is not None
    execution = executions.begin(lease)
    step = executions.start_step(lease, execution, "preflight", 1, 0)
    executions.end_step(lease, step, seq=1, result={})
    executions.remember(lease, execution, {"conversation": "began"})
    Execution.objects.filter(pk=execution.pk).update(
        log_sources={"agent-1": 5}, usage_counted={"agent-1": 1}
    )
    assert executions.put_aside(
        lease, execution, seconds=599.2, reason=REASON, keep_steps=keep_steps
    )
    job.refresh_from_db()
    return execution


def come_due(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(not_before=timezone.now() - timedelta(seconds=1))


def test_it_is_pending_with_a_reason_and_a_moment(job: Job) -> None:
    put_aside(job)
    assert (job.status, job.waiting_reason, job.paused_seconds) == ("pending", REASON, 600)
    assert job.not_before is not None
    assert 590 < (job.not_before - timezone.now()).total_seconds() <= 600


def test_nobody_takes_it_up_before_its_moment(job: Job) -> None:
    put_aside(job)
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(days=1))
    assert leases.claim(job.pk, "eager") is None
    assert leases.forgotten() == []


def test_the_reaper_hands_it_out_when_it_is_due(job: Job) -> None:
    execution = put_aside(job)
    come_due(job)
    assert leases.forgotten() == [job.pk]
    lease = leases.claim(job.pk, "next")
    assert lease is not None
    job.refresh_from_db()
    assert (job.status, job.not_before, job.waiting_reason) == ("provisioning", None, "")
    assert executions.begin(lease).pk == execution.pk


def test_a_queue_before_it_costs_no_time_of_the_job(job: Job) -> None:
    put_aside(job)
    due = timezone.now() - timedelta(seconds=300)
    Job.objects.filter(pk=job.pk).update(not_before=due)
    assert leases.claim(job.pk, "next") is not None
    job.refresh_from_db()
    assert 900 <= job.paused_seconds < 960


@pytest.mark.parametrize("keep", [True, False])
def test_steps_are_done_again_unless_their_sandbox_is_kept(job: Job, keep: bool) -> None:
    execution = put_aside(job, keep_steps=keep)
    assert (executions.stored_step(execution, "preflight", 1) is not None) is keep
    assert Step.objects.filter(execution=execution).count() == 1


def test_a_worker_that_lost_its_lease_puts_nothing_aside(job: Job) -> None:
    lease = leases.claim(job.pk, "worker")
    assert lease is not None
    execution = executions.begin(lease)
    stale = Lease(lease.job_id, lease.owner, lease.fence - 1)
    assert not executions.put_aside(stale, execution, seconds=1, reason="", keep_steps=True)
    job.refresh_from_db()
    assert job.status == "provisioning"


def test_a_cancelled_one_is_tidied_up_by_a_worker(job: Job, alice: User) -> None:
    put_aside(job)
    cancelled = jobs.cancel(alice, job)
    assert (cancelled.status, cancelled.cancelled_by) == ("pending", alice)
    assert cancelled.cancel_requested_at is not None
    assert leases.claim(job.pk, "tidy") is not None


def test_a_cancel_in_that_very_moment_is_not_waited_out(job: Job, alice: User) -> None:
    lease = leases.claim(job.pk, "worker")
    assert lease is not None
    execution = executions.begin(lease)
    jobs.cancel(alice, job)
    assert executions.put_aside(lease, execution, seconds=600, reason=REASON, keep_steps=True)
    job.refresh_from_db()
    assert (job.status, job.not_before, job.paused_seconds) == ("pending", None, 0)
    assert leases.claim(job.pk, "tidy") is not None


def test_the_page_says_why_it_waits(job: Job, alice: User, client: Client) -> None:
    put_aside(job)
    client.force_login(alice)
    page = client.get(reverse("job", args=[job.pk])).content.decode()
    assert "GitHub&#x27;s limit for this account is used up" in page
    assert "The job goes on by itself at" in page


@pytest.mark.parametrize("keep", [True, False])
def test_what_went_with_the_sandbox_is_forgotten(job: Job, keep: bool) -> None:
    # Else an agent in a fresh sandbox would go on with a talk about work that is gone.
    execution = put_aside(job, keep_steps=keep)
    execution.refresh_from_db()
    assert bool(execution.memory) is keep
    assert bool(execution.log_sources) is keep
    assert bool(execution.usage_counted) is keep
