"""A deploy while jobs run: workers that end give their jobs back, older ones leave newer jobs."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

from agents.execute import leaving
from agents.models import Job, PullRequest
from agents.pipelines.version import PIPELINE_VERSION
from agents.services import jobs, leases
from clusters.models import Cluster
from credentials.models import User
from tests.agents.execute.workers import NEWER, nudge, worker
from tests.services import Valkey

_HANGS = """
import threading
from agents.execute import leaving
threading.Thread(target=threading.Event().wait).start()
assert not leaving.is_leaving()
leaving.leave(patience=0.2)
leaving.leave(patience=60)
assert leaving.is_leaving()
"""


def test_a_process_ends_even_if_a_thread_hangs() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _HANGS], capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 1
    assert "worker_ended_by_force" in ended.stdout + ended.stderr


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
def test_another_worker_goes_on_where_this_one_was_asked_to_end(
    alice: User, main_cluster: Cluster, valkey: Valkey, tmp_path: Path
) -> None:
    job, _ = jobs.start_fix(alice, main_cluster)
    with worker("first", tmp_path) as first:
        first.until(lambda: _has_ended("setup", job), "setup has ended")
        assert first.works_on(job)
        with worker("second", tmp_path) as second:
            first.ask_to_end()
            asked = time.monotonic()
            second.until(lambda: second.works_on(job) or _is_ended(job), "the other one goes on")
            assert time.monotonic() - asked < 30
            assert first.ends_within(30 - (time.monotonic() - asked))
            second.until(lambda: _is_ended(job), "the job has ended", 200)
    job.refresh_from_db()
    assert (job.outcome, job.claims_in_vain) == ("verified", 0), second.said
    assert job.fence == 2
    assert PullRequest.objects.filter(job=job).count() == 1
    assert _branches(job) == [job.branch]
    execution = job.executions.get()
    sequence = list(execution.chunks.order_by("seq").values_list("seq", flat=True))
    assert sequence == list(range(1, execution.log_seq + 1))
    assert [step.name for step in execution.steps.all() if step.attempts > 2] == []


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
def test_an_older_worker_leaves_newer_jobs_to_a_newer_one(
    alice: User, main_cluster: Cluster, valkey: Valkey, tmp_path: Path
) -> None:
    newer, _ = jobs.start_fix(alice, main_cluster, runner="local_builtin")
    Job.objects.filter(pk=newer.pk).update(pipeline_version=PIPELINE_VERSION + 1)
    other = main_cluster.project.clusters.exclude(pk=main_cluster.pk).order_by("pk")[0]
    Job.objects.filter(pk=newer.pk).update(priority=Job.Priority.URGENT)
    older = Job.objects.create(
        project=newer.project,
        cluster=other,
        title=other.title,
        runner="local_builtin",
        requested_by=alice,
        branch="soulcaster/older",
        plan_snapshot=newer.plan_snapshot,
    )
    with worker("older", tmp_path) as old:
        nudge(newer)
        old.until(lambda: _is_ended(older), "the older job has ended")
        newer.refresh_from_db()
        assert (newer.status, newer.fence) == (Job.Status.PENDING, 0)
        assert leases.claim(newer.pk, "older") is None
        with worker("newer", tmp_path, NEWER) as new:
            nudge(newer)
            new.until(lambda: new.works_on(newer) or _is_ended(newer), "it is taken up")
            new.until(lambda: _is_ended(newer), "the newer job has ended")
    newer.refresh_from_db()
    assert newer.outcome == "no_model", new.said


def test_managers_wait_longer_than_the_process_does() -> None:
    assert leaving.PATIENCE < 30


def _has_ended(step: str, job: Job) -> bool:
    ended = job.executions.filter(steps__name=step, steps__status="completed")
    return ended.exists()


def _is_ended(job: Job) -> bool:
    return Job.objects.filter(pk=job.pk, status__in=Job.ENDED).exists()


def _branches(job: Job) -> list[str]:
    """Ours, in the local forge."""
    repository = settings.HOME / "forge" / str(job.project_id) / "repository.git"
    done = subprocess.run(
        [
            "git",
            "-C",
            str(repository),
            "branch",
            "--list",
            "soulcaster/*",
            "--format=%(refname:short)",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()
