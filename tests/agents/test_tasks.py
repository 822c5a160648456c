from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from agents import tasks
from agents.models import Job
from clusters.models import Cluster
from tests import factories


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    ids: list[int] = []
    monkeypatch.setattr(tasks, "send", lambda _task, row, **_: ids.append(row))
    return ids


def work_on(monkeypatch: pytest.MonkeyPatch, work: Callable[[int], None]) -> None:
    monkeypatch.setattr(tasks, "run", work)


def test_a_full_worker_leaves_the_job_waiting(
    cluster: Cluster, sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    job, done = factories.make_job(cluster.project, cluster), []
    monkeypatch.setattr(tasks, "_slots", threading.BoundedSemaphore(1))

    def work(job_id: int) -> None:
        done.append(job_id)
        tasks.run_job(job.pk)  # while the one slot is taken, the message of another job arrives

    work_on(monkeypatch, work)
    tasks.run_job(job.pk + 1)
    assert done == [job.pk + 1]
    assert Job.objects.get(pk=job.pk).status == Job.Status.PENDING


def test_who_ends_hands_the_next_job_out(
    cluster: Cluster, sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.make_job(cluster.project, status=Job.Status.COMPLETED)
    low = factories.make_job(cluster.project, priority=Job.Priority.LOW)
    high = factories.make_job(cluster.project, priority=Job.Priority.HIGH)
    work_on(monkeypatch, lambda _: None)
    tasks.run_job(low.pk + 1000)
    assert sent == [high.pk]


@pytest.mark.django_db
def test_a_job_that_breaks_frees_its_slot(sent: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: int) -> None:
        raise RuntimeError

    monkeypatch.setattr(tasks, "_slots", threading.BoundedSemaphore(1))
    work_on(monkeypatch, broken)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            tasks.run_job(1)
