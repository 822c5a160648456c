"""Whole executions that begin where an earlier job ended: rows, pages, pull request agree."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db.models import Max, Q
from django.test import Client
from django.urls import reverse

from agents.execute.run import run
from agents.models import Artifact, Job, LogChunk, PullRequest
from agents.services import approvals, jobs, retries
from clusters.forges.base import ForgeError
from clusters.forges.local import LocalForge
from clusters.models import Cluster, Project
from credentials.models import User

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

Work = Callable[..., Job]


def log_of(job: Job) -> str:
    chunks = LogChunk.objects.filter(execution__job=job).order_by("execution", "seq")
    return "".join(chunks.values_list("text", flat=True))


@pytest.fixture
def refused(main_cluster: Cluster, work: Work, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A job of the demonstration whose push was refused when all else was done."""
    real, pushes = LocalForge.push, 0

    def push(*arguments: object, **options: object) -> None:
        nonlocal pushes
        pushes += 1
        if pushes > 1:  # the first one opens the draft
            raise ForgeError("push_refused", "The rules of the branch refuse it.")
        real(*arguments, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(LocalForge, "push", push)
        job = work(main_cluster)
    assert job.outcome == "push_refused", log_of(job)
    return job


def again(user: User, job: Job, from_step: str) -> Job:
    started, created = jobs.retry(user, job, from_step)
    assert created
    run(started.pk)
    started.refresh_from_db()
    return started


def test_a_refused_push_is_tried_again_with_what_was_measured(
    refused: Job, bob: User, client: Client
) -> None:
    job = again(bob, refused, "publish")
    assert (job.status, job.outcome) == ("completed", "verified"), log_of(job)
    before, after = refused.executions.get(), job.executions.get()
    last = before.receipts.aggregate(last=Max("round"))["last"]
    counted = before.receipts.filter(Q(kind="baseline") | Q(round=last))
    facts = ("kind", "commit", "passed", "failed", "exit_code")
    assert list(after.receipts.values_list(*facts)) == list(counted.values_list(*facts))
    pull = PullRequest.objects.get(job=job)
    assert (pull.state, pull.verified, pull.head_sha) == ("open", True, after.head_sha)
    assert not after.steps.filter(name="setup").exists()
    assert after.input_tokens == 0

    client.force_login(bob)
    page = client.get(reverse("job", args=[job.pk])).content.decode()
    assert page.count(f"Taken over from job {refused.pk}.") == 3
    receipts = client.get(reverse("job_receipts", args=[job.pk])).content.decode()
    assert receipts.count(f"taken over from job {refused.pk}") == 3
    told = client.get(f"/api/jobs/{job.pk}").json()
    assert (told["retry_of"], told["from_step"]) == (refused.pk, "publish")
    assert {each["taken_from"] for each in told["executions"][0]["receipts"]} == {refused.pk}


def test_commits_are_tested_again_in_a_new_sandbox(refused: Job, alice: User) -> None:
    job = again(alice, refused, "verify")
    assert job.outcome == "verified", log_of(job)
    first = refused.executions.get().steps.filter(name="agent").latest("round")
    (taken,) = job.executions.get().steps.filter(name="agent")
    result = taken.result or {}
    assert result["head"] == (first.result or {})["head"]
    assert result["taken_from"] == refused.pk


def test_the_commits_are_for_the_platform_alone(refused: Job, alice: User, client: Client) -> None:
    kept = Artifact.objects.get(execution__job=refused, kind="commits")
    assert kept.size
    client.force_login(alice)
    address = reverse("job_artifact", args=[refused.pk, kept.pk])
    assert client.get(address).status_code == 404
    assert kept.name not in client.get(reverse("job", args=[refused.pk])).content.decode()


def test_a_rejected_change_is_not_offered_again(
    shop: Project, main_cluster: Cluster, work: Work, bob: User
) -> None:
    shop.gate = True
    shop.save()
    waiting = work(main_cluster)
    approvals.reject(bob, waiting, "Too much.")
    run(waiting.pk)
    waiting.refresh_from_db()
    offered = [step.name for step in retries.retryable_steps(waiting) if step.is_offered]
    assert offered == ["preflight", "agent"]


def test_a_retry_waits_at_the_gate_of_its_own(refused: Job, shop: Project, bob: User) -> None:
    shop.gate = True
    shop.save()
    job = again(bob, refused, "publish")
    assert (job.status, job.approval) == ("awaiting_approval", "push"), log_of(job)
    approvals.approve(bob, job)
    run(job.pk)
    job.refresh_from_db()
    assert job.outcome == "verified", log_of(job)
