"""A message is only a nudge: who has a free place works on what is next until nothing is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError
from django.db.models.functions import Now
from pytest_django.fixtures import Settings

from agents import tasks
from agents.execute import leaving
from agents.models import Job
from agents.services import installation, leases, queueing
from agents.services.leases import Lease
from clusters import queue
from clusters.models import Project
from tests import factories

Work = Callable[[int], None]


@pytest.fixture(autouse=True)
def one_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_slots", threading.BoundedSemaphore(1))
    monkeypatch.setattr(tasks, "_missed", threading.Event())


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    ids: list[int] = []
    monkeypatch.setattr(tasks, "send", lambda _task, row, **_: ids.append(row))
    return ids


@pytest.fixture
def done(sent: list[int], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The jobs that were worked on, in that order."""
    ids: list[int] = []

    def work(lease: Lease) -> None:
        ids.append(lease.job_id)
        end(lease.job_id)

    monkeypatch.setattr(tasks, "work_on", work)
    return ids


def end(job_id: int) -> None:
    Job.objects.filter(pk=job_id).update(
        status=Job.Status.COMPLETED, outcome="verified", finished_at=Now(), lease_until=None
    )


def test_one_message_is_enough_for_all_that_waits(project: Project, done: list[int]) -> None:
    jobs = [factories.make_job(project) for _ in range(3)]
    tasks.run_job(jobs[0].pk)
    assert done == [job.pk for job in jobs]


def test_the_job_of_the_message_waits_for_its_turn(
    project: Project, done: list[int], settings: Settings
) -> None:
    settings.PROJECT_JOBS_PER_HOUR = 1
    low = factories.make_job(project, priority=Job.Priority.LOW)
    high = factories.make_job(project, priority=Job.Priority.HIGH)
    tasks.run_job(low.pk)
    assert done == [high.pk]
    assert Job.objects.get(pk=low.pk).status == Job.Status.PENDING


def test_what_another_worker_left_goes_before_what_waits(project: Project, done: list[int]) -> None:
    waits = factories.make_job(project, priority=Job.Priority.URGENT)
    left = factories.make_job(project)
    assert leases.claim(left.pk, "dead")
    Job.objects.filter(pk=left.pk).update(lease_until=Now() - timedelta(seconds=1))
    tasks.run_job(waits.pk)
    assert done == [left.pk, waits.pk]


def test_a_full_worker_leaves_the_job_waiting(
    project: Project, done: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = factories.make_job(project)
    seen: list[str] = []

    def work(lease: Lease) -> None:
        done.append(lease.job_id)
        if lease.job_id == first.pk:  # while the one place is taken, another job's message comes
            other = factories.make_job(project)
            tasks.run_job(other.pk)
            seen.append(Job.objects.get(pk=other.pk).status)
        end(lease.job_id)

    monkeypatch.setattr(tasks, "work_on", work)
    tasks.run_job(first.pk)
    assert seen == [Job.Status.PENDING]
    assert len(done) == 2


def test_a_message_that_comes_as_the_last_place_is_given_back_is_not_lost(
    project: Project, done: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    upcoming, late = queueing.upcoming, list[int]()

    def look(limit: int) -> list[int]:
        found = upcoming(limit)
        if not found and not late:  # nothing was there a moment ago
            late.append(factories.make_job(project).pk)
            tasks.run_job(late[0])
        return found

    monkeypatch.setattr(queueing, "upcoming", look)
    tasks.run_job(0)
    assert done == late


def test_others_are_asked_once_for_each_job_that_begins(
    project: Project, done: list[int], sent: list[int], settings: Settings
) -> None:
    settings.PROJECT_JOBS_AT_ONCE = 10
    jobs = [factories.make_job(project).pk for _ in range(4)]
    tasks.run_job(0)
    assert done == jobs
    assert sent == jobs[1:]


def test_who_is_beaten_to_a_job_takes_the_next_one(
    project: Project, done: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = factories.make_job(project), factories.make_job(project)
    upcoming = queueing.upcoming

    def look(limit: int) -> list[int]:
        found = upcoming(limit)
        leases.claim(first.pk, "quicker")
        return found

    monkeypatch.setattr(queueing, "upcoming", look)
    tasks.run_job(0)
    assert done == [second.pk]


def test_who_is_about_to_leave_begins_nothing(
    project: Project, done: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.make_job(project)
    monkeypatch.setattr(leaving, "is_leaving", lambda: True)
    tasks.run_job(0)
    assert done == []
    assert queueing.next_job() is not None


def test_a_job_that_breaks_frees_its_place(
    project: Project, done: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(lease: Lease) -> None:
        end(lease.job_id)
        raise RuntimeError

    monkeypatch.setattr(tasks, "work_on", broken)
    for _ in range(2):
        factories.make_job(project)
        with pytest.raises(RuntimeError):
            tasks.run_job(1)


@pytest.mark.django_db(transaction=True)
def test_without_a_database_the_reaper_asks_again_later(
    done: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> list[int]:
        raise OperationalError("the server closed the connection")

    with monkeypatch.context() as broken:
        broken.setattr(leases, "expired", away)
        tasks.run_job(1)
    assert tasks._slots.acquire(blocking=False)
    assert done == []


def test_no_message_is_too_old_for_a_host_whose_clock_is_ahead(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A worker tells by its own clock: it would throw everything away that the reaper sends.
    told = [each["options"]["expires"] for each in settings.CELERY_BEAT_SCHEDULE.values()]
    monkeypatch.setattr(
        queue,
        "current_app",
        SimpleNamespace(send_task=lambda *_, expires, **__: told.append(expires)),
    )
    queue.send("agents.run_job", 1, expires=10)
    assert len(told) > 5
    assert min(told) > 600


def test_the_reaper_finds_what_has_no_message(project: Project, sent: list[int]) -> None:
    left = factories.make_job(project)
    assert leases.claim(left.pk, "dead")
    Job.objects.filter(pk=left.pk).update(lease_until=Now())
    waiting = factories.make_job(project)
    for _ in range(3):
        factories.make_job(project)
    tasks.reap()
    assert sent == [left.pk, waiting.pk]
    assert installation.takes_jobs()
