"""A person's word: asked for, given once, by those who may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from agents.models import Execution, Job
from agents.services import approvals, contexts, executions, jobs, leases
from agents.services.leases import Lease
from clusters.forges.base import ForgeError
from clusters.models import Cluster
from clusters.services.projects import repositories
from credentials.errors import Conflict, Forbidden, Invalid
from credentials.models import AuditEvent, User
from tests import factories


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The jobs that are handed to workers."""
    found: list[int] = []
    monkeypatch.setattr("agents.queue.run_job", found.append)
    return found


@pytest.fixture
def job(cluster: Cluster, alice: User, sent: list[int]) -> Job:
    """A job at its gate."""
    job = factories.make_job(cluster.project, cluster, requested_by=alice)
    lease = leases.claim(job.pk, "worker")
    assert lease is not None
    executions.begin(lease)
    assert executions.await_approval(lease, approval=approvals.PUSH)
    job.refresh_from_db()
    return job


def wait(job: Job, seconds: int) -> None:
    """Let the wait have begun so long ago."""
    began = timezone.now() - timedelta(seconds=seconds)
    Job.objects.filter(pk=job.pk).update(lease_until=began)


def verbs(job: Job) -> list[str]:
    events = AuditEvent.objects.filter(target_id=job.pk, target_type="agents.job")
    return list(events.order_by("id").values_list("verb", flat=True))


def test_it_waits_with_nobody_working_on_it(job: Job) -> None:
    assert (job.status, job.approval, job.decision) == ("awaiting_approval", "push", "")
    assert job.lease_owner == ""
    assert job.asked_at is not None
    assert abs((timezone.now() - job.asked_at).total_seconds()) < 60
    assert leases.claim(job.pk, "eager") is None
    assert job.pk not in [*leases.expired(), *leases.forgotten()]
    assert verbs(job) == ["job.approval_asked"]


def test_a_wait_of_days_is_no_lost_lease(job: Job) -> None:
    wait(job, 10 * 86_400)
    assert leases.expired() == []
    assert leases.forgotten() == []


@pytest.mark.parametrize(
    ("decide", "decision"), [(approvals.approve, "approved"), (approvals.reject, "rejected")]
)
def test_a_decision_hands_the_job_to_a_worker(
    job: Job, bob: User, sent: list[int], decide: Callable[..., Job], decision: str
) -> None:
    decided = decide(bob, job, "  Looks right.  ")
    assert (decided.status, decided.decision, decided.decided_by) == ("pending", decision, bob)
    assert (decided.decision_comment, decided.decided_at is not None) == ("Looks right.", True)
    assert sent == [job.pk]
    assert verbs(job) == ["job.approval_asked", f"job.{decision}"]
    lease = leases.claim(job.pk, "next")
    assert lease is not None


def test_the_wait_is_paused_time(job: Job, bob: User) -> None:
    wait(job, 7200)
    decided = approvals.approve(bob, job)
    assert 7200 <= decided.paused_seconds < 7260
    assert approvals.seconds_at_gate(decided) == decided.paused_seconds


def test_an_approved_job_loses_no_time_behind_others(job: Job, bob: User) -> None:
    # Else its time limit would pass in the queue, and with it what was approved.
    assert approvals.approve(bob, job).lease_until is not None
    wait(job, 1800)
    assert leases.claim(job.pk, "next") is not None
    job.refresh_from_db()
    assert 1800 <= job.paused_seconds < 1860


def test_the_next_worker_is_told_what_was_decided(job: Job, bob: User) -> None:
    wait(job, 60)
    gate = contexts._at_gate(approvals.reject(bob, job, "No."))
    assert gate is not None
    assert (gate.decision, gate.by, gate.comment) == ("rejected", "bob", "No.")
    assert 60 <= gate.waited < 120


def test_a_job_that_never_came_to_a_gate_has_none(cluster: Cluster) -> None:
    assert contexts._at_gate(factories.make_job(cluster.project)) is None


def test_the_second_of_two_people_is_told_who_was_first(job: Job, alice: User, bob: User) -> None:
    approvals.approve(bob, job)
    with pytest.raises(Conflict, match="bob approved this change already") as refused:
        approvals.reject(alice, job)
    assert refused.value.code == "already_decided"
    job.refresh_from_db()
    assert (job.decision, job.decided_by) == ("approved", bob)


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_once_one_wins(job: Job, alice: User, bob: User, sent: list[int]) -> None:
    start = Barrier(2)
    answers: list[Job | Conflict] = []

    def decide(user: User, act: Callable[..., Job]) -> None:
        start.wait()
        try:
            answers.append(act(user, Job.objects.select_related("project__team").get(pk=job.pk)))
        except Conflict as error:
            answers.append(error)
        finally:
            connection.close()

    threads = [
        Thread(target=decide, args=(alice, approvals.approve)),
        Thread(target=decide, args=(bob, approvals.reject)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (won,) = [answer for answer in answers if isinstance(answer, Job)]
    (lost,) = [answer for answer in answers if isinstance(answer, Conflict)]
    assert lost.code == "already_decided"
    job.refresh_from_db()
    assert (job.decision, job.decided_by_id) == (won.decision, won.decided_by_id)
    assert sent == [job.pk]


@pytest.mark.parametrize("decide", [approvals.approve, approvals.reject])
def test_a_viewer_and_a_stranger_decide_nothing(
    job: Job, carol: User, mallory: User, decide: Callable[..., Job]
) -> None:
    for user in (carol, mallory):
        with pytest.raises(Forbidden):
            decide(user, job)
    job.refresh_from_db()
    assert job.status == "awaiting_approval"


def test_a_job_that_does_not_wait_cannot_be_approved(cluster: Cluster, alice: User) -> None:
    with pytest.raises(Conflict, match="does not wait"):
        approvals.approve(alice, factories.make_job(cluster.project))


def test_an_ended_job_stays_as_it_is(cluster: Cluster, alice: User) -> None:
    job = factories.make_job(cluster.project, status=Job.Status.CANCELLED, outcome="cancelled")
    with pytest.raises(Conflict):
        approvals.approve(alice, job)
    job.refresh_from_db()
    assert (job.status, job.outcome) == ("cancelled", "cancelled")


def test_too_long_a_comment_is_refused(job: Job, bob: User) -> None:
    with pytest.raises(Invalid, match="at most 2,000 characters"):
        approvals.reject(bob, job, "x" * 2001)


def test_who_may_not_see_the_code_cannot_stand_for_it(
    job: Job, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise Forbidden("repository_unavailable", "GitHub does not show you this repository.")

    monkeypatch.setattr(repositories, "require_read", refuse)
    with pytest.raises(Forbidden, match="does not show you"):
        approvals.approve(bob, job)
    assert approvals.reject(bob, job).decision == "rejected"


def test_a_forge_that_is_away_lets_nobody_approve(
    job: Job, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*arguments: object) -> None:
        raise ForgeError("forge_unavailable", "GitHub does not answer.")

    monkeypatch.setattr(repositories, "require_read", away)
    with pytest.raises(Conflict, match="does not answer"):
        approvals.approve(bob, job)


def test_cancelling_hands_it_to_a_worker_that_tidies_up(
    job: Job, alice: User, bob: User, sent: list[int]
) -> None:
    wait(job, 7200)
    cancelled = jobs.cancel(alice, job)
    assert (cancelled.status, cancelled.cancelled_by) == ("pending", alice)
    assert cancelled.cancel_requested_at is not None
    assert cancelled.paused_seconds >= 7200  # or the time limit would end it first
    assert sent == [job.pk]
    with pytest.raises(Conflict, match="Alice Archer cancelled this job already"):
        approvals.approve(bob, job)


def test_a_job_that_is_cancelled_on_its_way_to_the_gate_does_not_wait(
    cluster: Cluster, alice: User, sent: list[int]
) -> None:
    job = factories.make_job(cluster.project, cluster, requested_by=alice)
    lease = leases.claim(job.pk, "worker")
    assert lease is not None
    jobs.cancel(alice, job)
    assert executions.await_approval(lease, approval=approvals.PUSH)
    job.refresh_from_db()
    assert (job.status, job.approval) == ("pending", "")
    assert sent == [job.pk]


def test_a_worker_that_lost_its_lease_lets_nothing_wait(cluster: Cluster) -> None:
    job = factories.make_job(cluster.project)
    lease = leases.claim(job.pk, "worker")
    assert lease is not None
    stale = Lease(lease.job_id, lease.owner, lease.fence - 1)
    assert not executions.await_approval(stale, approval=approvals.PUSH)
    job.refresh_from_db()
    assert job.status == "provisioning"


def test_what_the_runner_stored_survives_the_wait(job: Job, bob: User) -> None:
    Execution.objects.filter(job=job).update(memory={"conversation": "kept"})
    approvals.approve(bob, job)
    assert Execution.objects.get(job=job).memory["conversation"] == "kept"
