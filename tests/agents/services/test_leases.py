from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from agents import queue
from agents.models import Execution, Job
from agents.pipelines.base import LeaseLost
from agents.pipelines.version import PIPELINE_VERSION
from agents.services import executions, leases
from clusters.models import Cluster, Project
from tests import factories


@pytest.fixture
def job(cluster: Cluster) -> Job:
    return factories.make_job(cluster.project, cluster)


def expire(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_waiting_job_is_claimed_once(job: Job) -> None:
    assert leases.claim(job.pk, "first") is not None
    assert leases.claim(job.pk, "second") is None


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_gets_the_job(job: Job) -> None:
    barrier, won = threading.Barrier(6), []

    def worker(name: str) -> None:
        barrier.wait()
        try:
            if leases.claim(job.pk, name):
                won.append(name)
        finally:
            connection.close()

    threads = [threading.Thread(target=worker, args=[f"worker-{n}"]) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_no_more_than_two_get_a_job_of_one_project(project: Project) -> None:
    jobs = [factories.make_job(project) for _ in range(6)]
    barrier, won = threading.Barrier(6), []

    def worker(job: Job) -> None:
        barrier.wait()
        try:
            if leases.claim(job.pk, f"worker-{job.pk}"):
                won.append(job.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=worker, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 2
    assert Job.objects.filter(status__in=Job.HELD).count() == 2


def test_an_expired_lease_is_taken_over_with_a_higher_fence(job: Job) -> None:
    first = leases.claim(job.pk, "first")
    expire(job)
    assert leases.expired() == [job.pk]
    second = leases.claim(job.pk, "second")
    assert first is not None
    assert second is not None
    assert second.fence == first.fence + 1
    assert not leases.renew(first)
    assert leases.renew(second)


@pytest.mark.parametrize("status", sorted({*Job.ENDED, Job.Status.AWAITING_APPROVAL}))
def test_what_does_not_wait_is_not_claimed(cluster: Cluster, status: str) -> None:
    job = factories.make_job(cluster.project, cluster, status=status)
    assert leases.claim(job.pk, "worker") is None


def test_a_worker_that_lost_its_lease_writes_nothing_more(job: Job) -> None:
    old = leases.claim(job.pk, "old")
    assert old is not None
    execution = executions.begin(old)
    step = executions.start_step(old, execution, "checkout", 1, 0)
    expire(job)
    assert leases.claim(job.pk, "new") is not None
    for write in (
        lambda: executions.start_step(old, execution, "setup", 1, 0),
        lambda: executions.end_step(old, step, seq=0, result={}),
        lambda: executions.remember(old, execution, {"offset": "9"}),
        lambda: executions.provisioned(
            old, execution, provider="local", sandbox_id="x", isolation="none"
        ),
    ):
        with pytest.raises(LeaseLost):
            write()
    assert not executions.finish(old, execution, code="verified")
    assert Job.objects.get(pk=job.pk).status in Job.HELD


def test_the_next_worker_goes_on_with_the_same_execution(job: Job) -> None:
    first = leases.claim(job.pk, "first")
    assert first is not None
    execution = executions.begin(first)
    expire(job)
    second = leases.claim(job.pk, "second")
    assert second is not None
    assert executions.begin(second).pk == execution.pk


def test_job_execution_and_cluster_end_together(job: Job) -> None:
    lease = leases.claim(job.pk, "worker")
    assert lease is not None
    execution = executions.begin(lease)
    executions.start_step(lease, execution, "agent", 1, 0)
    assert executions.finish(lease, execution, code="no_changes")
    job.refresh_from_db()
    execution.refresh_from_db()
    assert job.cluster is not None
    assert (job.status, job.outcome, job.lease_owner) == (Job.Status.FAILED, "no_changes", "")
    assert execution.status == Execution.Status.FAILED
    assert not execution.steps.filter(status="running").exists()
    assert (job.cluster.status, job.cluster.last_outcome) == (Cluster.Status.PLANNED, "no_changes")


def test_an_ended_job_does_not_end_twice(job: Job) -> None:
    lease = leases.claim(job.pk, "worker")
    assert lease is not None
    execution = executions.begin(lease)
    assert executions.finish(lease, execution, code="verified")
    assert not executions.finish(lease, execution, code="internal_error")
    job.refresh_from_db()
    assert job.outcome == "verified"


def test_a_waiting_job_without_a_message_is_found(job: Job) -> None:
    assert leases.forgotten() == [job.pk]


def test_a_limit_holds_new_jobs_back_and_not_those_that_run(
    project: Project, settings: Settings
) -> None:
    settings.PROJECT_JOBS_AT_ONCE = 1
    held, waiting = factories.make_job(project), factories.make_job(project)
    assert leases.claim(held.pk, "first")
    assert leases.claim(waiting.pk, "second") is None
    expire(held)
    assert leases.claim(held.pk, "second")


def test_limits_do_not_hold_back_tidying_up(project: Project, settings: Settings) -> None:
    settings.PROJECT_JOBS_AT_ONCE = 1
    factories.make_job(project, status=Job.Status.RUNNING)
    cancelled = factories.make_job(project, cancel_requested_at=timezone.now())
    assert leases.claim(cancelled.pk, "worker")


def test_a_job_of_a_newer_version_is_left_to_a_newer_worker(project: Project) -> None:
    waiting = factories.make_job(project, pipeline_version=PIPELINE_VERSION + 1)
    silent = factories.make_job(
        project,
        pipeline_version=PIPELINE_VERSION + 1,
        status=Job.Status.RUNNING,
        lease_owner="newer",
        lease_until=timezone.now() - timedelta(hours=1),
    )
    assert leases.claim(waiting.pk, "older") is None
    assert leases.claim(silent.pk, "older") is None
    assert leases.expired() == leases.forgotten() == []


def test_claims_are_in_vain_when_the_worker_before_fell_silent(job: Job) -> None:
    counted = []
    for owner in ("first", "second", "third"):
        assert leases.claim(job.pk, owner)
        counted.append(Job.objects.get(pk=job.pk).claims_in_vain)
        expire(job)
    assert counted == [0, 1, 2]


def test_a_job_that_waited_again_counts_from_the_beginning(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(claims_in_vain=5)
    assert leases.claim(job.pk, "worker")
    assert Job.objects.get(pk=job.pk).claims_in_vain == 0


def test_a_job_that_is_handed_over_is_free_at_once(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    nudged: list[int] = []
    monkeypatch.setattr(queue, "run_job", nudged.append)
    old = leases.claim(job.pk, "old")
    assert old is not None
    execution = executions.begin(old)
    assert leases.hand_over(old)
    assert nudged == leases.expired() == [job.pk]
    with pytest.raises(LeaseLost):
        executions.start_step(old, execution, "setup", 1, 0)
    new = leases.claim(job.pk, "new")
    assert new is not None
    assert executions.begin(new).pk == execution.pk
    assert Job.objects.get(pk=job.pk).claims_in_vain == 0
    assert not leases.hand_over(old)
    assert nudged == [job.pk]
