from __future__ import annotations

import threading

import pytest
from celery import current_app
from django.db import connection
from django.test.utils import CaptureQueriesContext
from kombu.exceptions import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks

from agents import queue
from agents.models import Job
from agents.services import jobs, starting
from clusters.models import Cluster
from clusters.services import clusters, plans
from clusters.services.projects import repositories
from credentials.errors import Conflict, Forbidden, Invalid
from credentials.models import AuditEvent, User
from tests import factories

RUNNER = "local_scripted"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ids of the jobs that were handed to workers."""
    ids: list[int] = []
    monkeypatch.setattr(queue, "send", lambda _task, row: ids.append(row))
    return ids


def test_a_fix_freezes_its_plan_and_goes_to_a_worker(
    alice: User,
    cluster: Cluster,
    sent: list[int],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    plan = factories.make_plan(cluster, approved_by=alice)
    with django_capture_on_commit_callbacks(execute=True):
        job, created = jobs.start_fix(alice, cluster, runner=RUNNER)
    cluster.refresh_from_db()
    assert created
    assert (job.plan_snapshot, job.plan_digest) == (plan.content, plan.digest)
    assert job.branch == f"soulcaster/{cluster.pk}-{job.pk}"
    assert cluster.status == Cluster.Status.FIXING
    assert sent == [job.pk]


def test_a_second_click_returns_the_running_job(alice: User, bob: User, cluster: Cluster) -> None:
    factories.make_plan(cluster, approved_by=alice)
    first, _ = jobs.start_fix(alice, cluster, runner=RUNNER)
    second, created = jobs.start_fix(bob, cluster, runner=RUNNER)
    assert (second.pk, created) == (first.pk, False)


def test_a_cluster_that_was_dismissed_meanwhile_gets_no_job(alice: User, cluster: Cluster) -> None:
    factories.make_plan(cluster, approved_by=alice)
    Cluster.objects.filter(pk=cluster.pk).update(status=Cluster.Status.DISMISSED)
    with pytest.raises(Conflict) as refusal:
        jobs.start_fix(alice, cluster, runner=RUNNER)  # as it was read before
    assert refusal.value.code == "cluster_closed"
    assert not Job.objects.exists()


def test_a_cluster_whose_fix_began_meanwhile_is_not_dismissed(
    alice: User, cluster: Cluster
) -> None:
    Cluster.objects.filter(pk=cluster.pk).update(status=Cluster.Status.FIXING)
    with pytest.raises(Conflict):
        clusters.dismiss(alice, cluster, "Works as intended.")  # as it was read before
    cluster.refresh_from_db()
    assert cluster.status == Cluster.Status.FIXING


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_are_one_job(alice: User, cluster: Cluster, sent: list[int]) -> None:
    factories.make_plan(cluster, approved_by=alice)
    barrier, found = threading.Barrier(4), []

    def click() -> None:
        barrier.wait()
        try:
            found.append(jobs.start_fix(alice, cluster, runner=RUNNER)[0].pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert sent == [found[0]]


def test_an_unapproved_plan_is_not_carried_out(alice: User, cluster: Cluster) -> None:
    factories.make_plan(cluster)
    with pytest.raises(Conflict) as refusal:
        jobs.start_fix(alice, cluster, runner=RUNNER)
    assert refusal.value.code == "plan_not_approved"
    assert not Job.objects.exists()


def test_a_project_may_do_without_approval(alice: User, cluster: Cluster) -> None:
    cluster.project.requires_approval = False
    cluster.project.save()
    factories.make_plan(cluster)
    assert jobs.start_fix(alice, cluster, runner=RUNNER)[1]


@pytest.mark.parametrize("name", ["sandbox_kilo", "nonsense", "local_nobody"])
def test_a_runner_that_is_not_ready_offers_those_that_are(
    alice: User, cluster: Cluster, name: str
) -> None:
    factories.make_plan(cluster, approved_by=alice)
    with pytest.raises(Conflict) as refusal:
        jobs.start_fix(alice, cluster, runner=name)
    assert refusal.value.code == "runner_not_configured"
    assert RUNNER in [offered["name"] for offered in refusal.value.extra["runners"]]


@pytest.mark.parametrize("status", [Cluster.Status.DISMISSED, Cluster.Status.RESOLVED])
def test_a_closed_cluster_is_not_fixed(alice: User, cluster: Cluster, status: str) -> None:
    factories.make_plan(cluster, approved_by=alice)
    Cluster.objects.filter(pk=cluster.pk).update(status=status)
    cluster.refresh_from_db()
    with pytest.raises(Conflict):
        jobs.start_fix(alice, cluster, runner=RUNNER)


def test_a_viewer_starts_and_cancels_nothing(alice: User, carol: User, cluster: Cluster) -> None:
    factories.make_plan(cluster, approved_by=alice)
    with pytest.raises(Forbidden):
        jobs.start_fix(carol, cluster, runner=RUNNER)
    job, _ = jobs.start_fix(alice, cluster, runner=RUNNER)
    with pytest.raises(Forbidden):
        jobs.cancel(carol, job)


def test_a_waiting_job_is_cancelled_at_once(alice: User, cluster: Cluster) -> None:
    factories.make_plan(cluster, approved_by=alice)
    job, _ = jobs.start_fix(alice, cluster, runner=RUNNER)
    job = jobs.cancel(alice, job)
    cluster.refresh_from_db()
    assert (job.status, job.outcome, job.cancelled_by) == (Job.Status.CANCELLED, "cancelled", alice)
    assert (cluster.status, cluster.last_outcome) == (Cluster.Status.PLANNED, "cancelled")


def test_a_running_job_is_asked_to_stop(alice: User, cluster: Cluster) -> None:
    job = factories.make_job(cluster.project, cluster, status=Job.Status.RUNNING)
    job = jobs.cancel(alice, job)
    assert job.status == Job.Status.RUNNING
    assert job.cancel_requested_at is not None


@pytest.mark.parametrize("status", sorted(Job.ENDED))
def test_an_ended_job_never_changes(alice: User, cluster: Cluster, status: str) -> None:
    job = factories.make_job(cluster.project, cluster, status=status)
    before = Job.objects.values().get(pk=job.pk)
    jobs.cancel(alice, job)
    assert Job.objects.values().get(pk=job.pk) == before


def test_a_job_waits_when_the_broker_is_away(
    alice: User,
    cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr(current_app, "send_task", refuse)
    factories.make_plan(cluster, approved_by=alice)
    with django_capture_on_commit_callbacks(execute=True):
        job, created = jobs.start_fix(alice, cluster, runner=RUNNER)
    assert (created, job.status) == (True, Job.Status.PENDING)


@pytest.mark.django_db(transaction=True)
def test_two_first_clicks_without_a_plan_are_one_job_and_one_plan(
    alice: User, cluster: Cluster, sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.project.requires_approval = False
    cluster.project.save()
    both, found, refused = threading.Barrier(2), [], []
    monkeypatch.setattr(repositories, "snapshot", lambda *_: (both.wait(), ("", []))[1])

    def click() -> None:
        try:
            found.append(jobs.start_fix(alice, cluster, runner=RUNNER)[0].pk)
        except Conflict as error:
            refused.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == []
    assert len(set(found)) == 1
    assert cluster.plans.count() == 1


class TestPriority:
    def test_it_is_chosen_at_the_start(self, alice: User, cluster: Cluster) -> None:
        factories.make_plan(cluster, approved_by=alice)
        job, _ = jobs.start_fix(alice, cluster, runner=RUNNER, priority=Job.Priority.URGENT)
        assert job.priority == Job.Priority.URGENT

    def test_it_is_changed_while_the_job_waits(self, bob: User, cluster: Cluster) -> None:
        job = factories.make_job(cluster.project, cluster)
        assert jobs.set_priority(bob, job, Job.Priority.HIGH).priority == Job.Priority.HIGH
        jobs.set_priority(bob, job, Job.Priority.HIGH)  # no news
        told = AuditEvent.objects.get(target_id=job.pk, verb="job.priority_changed")
        assert (told.actor, told.data) == (bob, {"before": "medium", "after": "high"})

    @pytest.mark.parametrize("status", sorted(Job.HELD | Job.ENDED))
    def test_it_is_not_changed_afterwards(self, bob: User, cluster: Cluster, status: str) -> None:
        job = factories.make_job(cluster.project, cluster, status=status)
        with pytest.raises(Conflict) as refusal:
            jobs.set_priority(bob, job, Job.Priority.HIGH)
        assert refusal.value.code == "job_begun"

    def test_there_are_four(self, bob: User, cluster: Cluster) -> None:
        job = factories.make_job(cluster.project, cluster)
        with pytest.raises(Invalid) as refusal:
            jobs.set_priority(bob, job, 15)
        assert refusal.value.code == "priority_unknown"

    def test_a_viewer_changes_none(self, carol: User, cluster: Cluster) -> None:
        with pytest.raises(Forbidden):
            jobs.set_priority(carol, factories.make_job(cluster.project, cluster), 20)


def test_a_plan_that_was_rejected_while_its_fix_was_looked_at_starts_nothing(
    alice: User, bob: User, cluster: Cluster
) -> None:
    plan = factories.make_plan(cluster, approved_by=alice)
    wanted = starting.order(alice, cluster, starting.Wish(RUNNER))
    plans.reject(bob, cluster, version=plan.version, reason="It breaks refunds.")
    with pytest.raises(Conflict) as refusal:
        starting.begin(alice, cluster, wanted)
    assert refusal.value.code == "plan_rejected"
    assert not Job.objects.exists()


@pytest.mark.skipif(
    not connection.features.has_select_for_update, reason="SQLite has one writer at a time."
)
def test_whoever_starts_a_fix_holds_its_cluster(alice: User, cluster: Cluster) -> None:
    factories.make_plan(cluster, approved_by=alice)
    with CaptureQueriesContext(connection) as captured:
        jobs.start_fix(alice, cluster, runner=RUNNER)
    table = f'FROM "{Cluster._meta.db_table}"'
    assert any(table in each["sql"] and "FOR NO KEY UPDATE" in each["sql"] for each in captured)
