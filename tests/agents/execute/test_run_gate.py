"""Whole executions with a gate and with a budget: rows, pull request and cluster agree."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal

import pytest

from agents import wiring
from agents.execute.run import run
from agents.models import Job, LogChunk, PullRequest
from agents.pipelines.context import FixContext
from agents.runners.base import Listener, Task, Usage, Verdict
from agents.sandboxes.base import Sandbox
from agents.services import approvals, contexts, jobs
from agents.wiring import Prepared
from clusters.forges.base import Forge, RateLimited
from clusters.models import Cluster, Project
from credentials.models import User
from tests.agents.pipelines.agents_of_tests import Editor

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

Work = Callable[..., Job]


def log_of(job: Job) -> str:
    chunks = LogChunk.objects.filter(execution__job=job).order_by("execution", "seq")
    return "".join(chunks.values_list("text", flat=True))


@pytest.fixture
def waiting(shop: Project, main_cluster: Cluster, work: Work) -> Job:
    """A job of the demonstration at its gate."""
    shop.gate = True
    shop.save()
    job = work(main_cluster)
    assert job.status == Job.Status.AWAITING_APPROVAL, log_of(job)
    return job


def worked_on(job: Job) -> Job:
    run(job.pk)
    job.refresh_from_db()
    assert job.cluster is not None
    job.cluster.refresh_from_db()
    return job


def test_an_approved_change_is_published(waiting: Job, bob: User) -> None:
    assert "waits for a person" in log_of(waiting)
    job = worked_on(approvals.approve(bob, waiting, "Fine."))
    pull = PullRequest.objects.get(job=job)
    assert (job.status, job.outcome) == ("completed", "verified"), log_of(job)
    assert (pull.state, pull.draft, pull.verified) == ("open", False, True)
    assert job.executions.count() == 1
    assert "bob approved the change" in log_of(job)


def test_what_was_approved_is_what_is_published_after_a_wait_for_the_forge(
    waiting: Job, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def limited(job: Job, forge: Forge) -> FixContext:
        raise RateLimited(time.time() + 60, "Too many requests.")

    approved = approvals.approve(bob, waiting, "Fine.")
    with monkeypatch.context() as patched:
        patched.setattr(contexts, "fix_context", limited)
        assert worked_on(approved).status == Job.Status.PENDING
    Job.objects.filter(pk=waiting.pk).update(not_before=None)
    job = worked_on(waiting)
    assert job.outcome == "verified", log_of(job)
    agents = job.executions.get().steps.filter(name="agent")
    assert set(agents.values_list("attempts", flat=True)) == {1}


def test_a_rejected_change_ends_the_job_and_its_draft(waiting: Job, bob: User) -> None:
    job = worked_on(approvals.reject(bob, waiting, "It is too much."))
    assert (job.status, job.outcome) == ("completed", "rejected"), log_of(job)
    assert job.outcome_detail == "bob rejected the change: It is too much."
    assert PullRequest.objects.get(job=job).state == "closed"
    assert job.cluster is not None
    assert (job.cluster.status, job.cluster.last_outcome) == ("planned", "rejected")


def test_a_cancelled_one_ends_and_closes_its_draft(waiting: Job, alice: User) -> None:
    job = worked_on(jobs.cancel(alice, waiting))
    assert (job.status, job.outcome) == ("cancelled", "cancelled"), log_of(job)
    assert PullRequest.objects.get(job=job).state == "closed"


def writes(name: str) -> Callable[[Task, Sandbox, Listener], Verdict]:
    """A round that writes a file and then tells what a model used for it."""

    def work(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        sandbox.write(f"{sandbox.repository}/{name}", b"A note.\n")
        listener.emit(Usage(100_000, 1_000, cached_tokens=50_000, model="gpt-5"))
        return Verdict(ok=True, reason="Done.")

    return work


def with_agent(monkeypatch: pytest.MonkeyPatch, agent: Editor) -> None:
    """Let this agent work, with a model of the public list."""
    prepared = Prepared(agent, model="openai:gpt-5")
    monkeypatch.setattr(wiring, "prepare", lambda *names, **choices: prepared)


def test_a_budget_ends_the_work_and_keeps_it(
    shop: Project, main_cluster: Cluster, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.budget_usd = Decimal("0.05")
    shop.save()
    main_cluster.refresh_from_db()
    agent = Editor(writes("NOTES.md"))
    with_agent(monkeypatch, agent)
    job = work(main_cluster)
    execution, pull = job.executions.get(), PullRequest.objects.get(job=job)
    assert (job.status, job.outcome) == ("completed", "budget_spent"), log_of(job)
    assert "The job's budget of $0.05 is used up" in job.outcome_detail
    assert (pull.state, pull.draft, pull.head_sha) == ("open", True, execution.head_sha)
    assert (execution.input_tokens, execution.cached_tokens) == (100_000, 50_000)
    assert execution.cost_usd is not None
    assert execution.cost_usd > Decimal("0.05")
    assert (execution.model, execution.cost_is_estimated) == ("gpt-5", False)
    assert len(agent.tasks) == 1


def test_every_round_is_counted(
    shop: Project, main_cluster: Cluster, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.rounds = 2
    shop.save()
    main_cluster.refresh_from_db()
    with_agent(monkeypatch, Editor(writes("FIRST.md"), writes("SECOND.md")))
    job = work(main_cluster)
    assert job.outcome == "unverified", log_of(job)
    assert job.executions.get().input_tokens == 200_000


def test_the_budget_is_the_project_s_when_the_job_began(
    shop: Project, main_cluster: Cluster, alice: User
) -> None:
    shop.budget_usd = Decimal("2.50")
    shop.save()
    main_cluster.refresh_from_db()
    job, _ = jobs.start_fix(alice, main_cluster)
    shop.budget_usd = None
    shop.save()
    job.refresh_from_db()
    assert job.budget_usd == Decimal("2.50")
