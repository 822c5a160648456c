"""Which steps an ended job offers for a retry, and what a retry is."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from pydantic import TypeAdapter
from pytest_django.fixtures import Settings

from agents.models import Artifact, Execution, Job, Step
from agents.pipelines.base import ReceiptDraft, ReceiptKind, ReceiptStatus, Stop
from agents.pipelines.plans import TestPlan
from agents.pipelines.records import AgentRound, Baseline, Checkout, Verification
from agents.pipelines.verdict import Judgement
from agents.services import jobs, retries
from clusters.models import Cluster
from clusters.services import plans
from credentials.errors import Conflict, Forbidden, Invalid
from credentials.models import AuditEvent, User
from tests import factories

T = TypeVar("T")
RUNNER = "local_scripted"
BASE, START, HEAD = "b" * 40, "c" * 40, "a" * 40
BUNDLE = b"# v2 git bundle\n"


def receipt(kind: ReceiptKind, commit: str) -> ReceiptDraft:
    return ReceiptDraft(kind, ReceiptStatus.PASSED, "pytest", commit, 0, 1.0)


def as_stored(result: T) -> T:
    """As it is after it was a row."""
    adapter = TypeAdapter(type(result))
    return adapter.validate_json(adapter.dump_json(result))


CHECKOUT = Checkout(BASE, START)
BASELINE = as_stored(Baseline(receipt(ReceiptKind.BASELINE, BASE), TestPlan(), "digest"))
ROUND = AgentRound(ok=True, reason="", outcome="", session_id="s", head=HEAD, summary="Done.")
VERIFICATION = as_stored(
    Verification(
        receipt(ReceiptKind.HEAD, HEAD),
        receipt(ReceiptKind.REPRODUCTION, BASE),
        Judgement("unverified", "Nothing shows the defect."),
    )
)


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def ended(alice: User, cluster: Cluster) -> Job:
    """A job that ended before anything was done."""
    plan = factories.make_plan(cluster, approved_by=alice)
    return factories.make_job(
        cluster.project,
        cluster,
        status=Job.Status.FAILED,
        outcome="push_refused",
        requested_by=alice,
        runner=RUNNER,
        plan=plan,
        plan_snapshot=plan.content,
        plan_digest=plan.digest,
    )


def did(execution: Execution, name: str, result: object, round: int = 1) -> Step:
    kept = TypeAdapter(type(result)).dump_python(result, mode="json")
    return Step.objects.create(
        execution=execution, name=name, round=round, status=Step.Status.COMPLETED, result=kept
    )


def keep(execution: Execution, data: bytes = BUNDLE) -> Artifact:
    artifact = Artifact(
        execution=execution,
        kind="commits",
        name="commits.bundle",
        media_type="application/x-git-bundle",
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )
    artifact.file.save("commits", ContentFile(data))
    return artifact


def all_done(job: Job, *, bundle: bytes = BUNDLE) -> Execution:
    execution = factories.make_execution(job)
    did(execution, "checkout", CHECKOUT)
    did(execution, "baseline", BASELINE)
    did(execution, "agent", ROUND)
    did(execution, "verify", VERIFICATION)
    keep(execution, bundle)
    return execution


def offered(job: Job) -> list[str]:
    return [step.name for step in retries.retryable_steps(job) if step.is_offered]


class TestSteps:
    def test_a_job_that_did_nothing_begins_at_the_beginning(self, ended: Job) -> None:
        assert offered(ended) == ["preflight"]
        why = {step.name: step.why_not for step in retries.retryable_steps(ended)}
        assert why["agent"] == "The job ended before the code was checked out."

    def test_after_the_checkout_the_agent_can_work_again(self, ended: Job) -> None:
        did(factories.make_execution(ended), "checkout", CHECKOUT)
        assert offered(ended) == ["preflight", "agent"]
        assert retries.retryable_steps(ended)[2].why_not == "The agent left no commits."

    def test_commits_without_receipts_can_be_tested(self, ended: Job) -> None:
        execution = factories.make_execution(ended)
        for name, result in (("checkout", CHECKOUT), ("baseline", BASELINE), ("agent", ROUND)):
            did(execution, name, result)
        keep(execution)
        assert offered(ended) == ["preflight", "agent", "verify"]

    def test_receipts_of_the_commits_can_be_published(self, ended: Job) -> None:
        all_done(ended)
        assert offered(ended) == ["preflight", "agent", "verify", "publish"]

    def test_receipts_of_other_commits_can_not(self, ended: Job) -> None:
        execution = all_done(ended)
        did(execution, "agent", replace(ROUND, head="d" * 40), round=2)
        assert offered(ended) == ["preflight", "agent", "verify"]

    def test_commits_that_were_forgotten_are_not_offered(self, ended: Job) -> None:
        all_done(ended, bundle=b"")
        assert offered(ended) == ["preflight", "agent"]
        assert "not kept" in retries.retryable_steps(ended)[3].why_not

    def test_the_attempt_counts_that_came_furthest(self, ended: Job) -> None:
        all_done(ended)
        did(factories.make_execution(ended), "checkout", CHECKOUT)
        assert offered(ended)[-1] == "publish"

    def test_results_that_cannot_be_read_are_none(self, ended: Job) -> None:
        execution = all_done(ended)
        Step.objects.filter(execution=execution, name="verify").update(result={"of": "old"})
        assert offered(ended)[-1] == "verify"

    def test_a_plan_that_lost_its_approval_is_not_carried_out_again(
        self, ended: Job, alice: User
    ) -> None:
        all_done(ended)
        assert ended.cluster is not None
        plans.withdraw_approval(alice, ended.cluster)
        ended.refresh_from_db()
        assert offered(ended) == ["preflight"]

    def test_a_closed_cluster_and_a_running_job_offer_nothing(
        self, ended: Job, cluster: Cluster
    ) -> None:
        Cluster.objects.filter(pk=cluster.pk).update(status=Cluster.Status.DISMISSED)
        assert offered(Job.objects.get(pk=ended.pk)) == []
        assert offered(factories.make_job(cluster.project, cluster)) == []


class TestRetry:
    def test_it_is_a_new_job_and_the_old_one_stays(self, ended: Job, alice: User) -> None:
        all_done(ended)
        before = Job.objects.values().get(pk=ended.pk)
        job, created = jobs.retry(alice, ended, "publish")
        assert created
        assert (job.retry_of, job.from_step, job.status) == (ended, "publish", "pending")
        assert job.branch.endswith(f"-{job.pk}")
        assert Job.objects.values().get(pk=ended.pk) == before
        told = AuditEvent.objects.get(verb="job.started", target_id=job.pk)
        assert told.data == {"runner": RUNNER, "retry_of": ended.pk, "from_step": "publish"}

    def test_later_steps_keep_the_plan_and_the_beginning_takes_the_newest(
        self, ended: Job, alice: User, cluster: Cluster
    ) -> None:
        all_done(ended)
        newest = factories.make_plan(cluster, approved_by=alice, summary="Another way.")
        again, _ = jobs.retry(alice, ended, "agent")
        assert (again.plan, again.plan_snapshot) == (ended.plan, ended.plan_snapshot)
        jobs.cancel(alice, again)
        anew, _ = jobs.retry(alice, ended, "preflight")
        assert (anew.plan, anew.from_step) == (newest, "")

    def test_another_runner_and_priority(self, ended: Job, alice: User) -> None:
        Job.objects.filter(pk=ended.pk).update(runner="local_builtin", priority=30)
        ended.refresh_from_db()
        same_priority, _ = jobs.retry(alice, ended, runner=RUNNER)
        assert (same_priority.runner, same_priority.priority) == (RUNNER, 30)
        jobs.cancel(alice, same_priority)
        assert jobs.retry(alice, ended, "", RUNNER, priority=0)[0].priority == 0

    def test_what_is_not_offered_is_refused_with_what_is(self, ended: Job, alice: User) -> None:
        with pytest.raises(Conflict) as refusal:
            jobs.retry(alice, ended, "publish")
        assert refusal.value.code == "step_not_offered"
        assert refusal.value.extra["steps"] == ["preflight"]
        with pytest.raises(Invalid) as unknown:
            jobs.retry(alice, ended, "finish")
        assert unknown.value.code == "step_unknown"

    def test_a_job_that_goes_on_is_not_retried(self, alice: User, cluster: Cluster) -> None:
        with pytest.raises(Conflict) as refusal:
            jobs.retry(alice, factories.make_job(cluster.project, cluster))
        assert refusal.value.code == "job_active"

    def test_a_viewer_retries_nothing(self, ended: Job, carol: User) -> None:
        with pytest.raises(Forbidden):
            jobs.retry(carol, ended)

    @pytest.mark.django_db(transaction=True)
    def test_clicks_at_once_are_one_job(self, ended: Job, alice: User) -> None:
        all_done(ended)
        barrier, found = threading.Barrier(4), []

        def click() -> None:
            barrier.wait()
            try:
                found.append(jobs.retry(alice, ended, "publish"))
            finally:
                connection.close()

        threads = [threading.Thread(target=click) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({job.pk for job, _ in found}) == 1
        assert [created for _, created in found].count(True) == 1


class TestWhatIsTakenOver:
    def test_nothing_from_the_beginning(self, ended: Job, alice: User) -> None:
        assert retries.earlier(jobs.retry(alice, ended)[0]) is None

    def test_the_base_and_its_receipt_for_the_agent(self, ended: Job, alice: User) -> None:
        all_done(ended)
        known = retries.earlier(jobs.retry(alice, ended, "agent")[0])
        assert known is not None
        assert (known.job_id, known.base, known.baseline, known.done) == (
            ended.pk,
            BASE,
            BASELINE,
            None,
        )

    def test_commits_for_the_tests_and_receipts_too_for_publishing(
        self, ended: Job, alice: User
    ) -> None:
        all_done(ended)
        again, _ = jobs.retry(alice, ended, "verify")
        known = retries.earlier(again)
        assert known is not None
        assert known.done is not None
        assert (known.done.bundle, known.done.start) == (BUNDLE, START)
        assert known.done.verification is None
        assert known.done.requester == "Alice Archer"
        jobs.cancel(alice, again)
        known = retries.earlier(jobs.retry(alice, ended, "publish")[0])
        assert known is not None
        assert known.done is not None
        assert known.done.verification == replace(VERIFICATION, taken_from=ended.pk)

    def test_a_bundle_that_was_changed_on_the_disk_is_none(self, ended: Job, alice: User) -> None:
        execution = all_done(ended)
        again, _ = jobs.retry(alice, ended, "verify")
        Artifact.objects.filter(execution=execution).update(sha256="0" * 64)
        known = retries.earlier(again)
        assert known is not None
        assert known.done is not None
        assert known.done.bundle == b""

    def test_a_chain_knows_who_did_what(self, ended: Job, alice: User) -> None:
        middle = factories.make_job(
            ended.project,
            ended.cluster,
            status=Job.Status.FAILED,
            runner="local_builtin",
            retry_of=ended,
            from_step="verify",
            plan=ended.plan,
        )
        execution = factories.make_execution(middle)
        did(execution, "checkout", CHECKOUT)
        did(execution, "baseline", replace(BASELINE, taken_from=ended.pk))
        did(execution, "agent", replace(ROUND, taken_from=ended.pk))
        did(execution, "verify", VERIFICATION)
        keep(execution)
        known = retries.earlier(jobs.retry(alice, middle, "publish", RUNNER)[0])
        assert known is not None
        assert known.done is not None
        assert (known.done.job_id, known.done.runner_name) == (ended.pk, RUNNER)
        assert known.done.verification is not None
        assert known.done.verification.taken_from == middle.pk
        assert known.baseline is not None
        assert known.baseline.taken_from == ended.pk

    @pytest.mark.parametrize(
        ("decision", "asked"), [("", True), ("rejected", True), ("approved", False)]
    )
    def test_a_gate_that_nobody_opened_is_asked_again(
        self, ended: Job, alice: User, decision: str, asked: bool
    ) -> None:
        all_done(ended)
        Job.objects.filter(pk=ended.pk).update(approval="push", decision=decision)
        ended.refresh_from_db()
        known = retries.earlier(jobs.retry(alice, ended, "publish")[0])
        assert known is not None
        assert known.done is not None
        assert known.done.asked_gate is asked

    def test_an_earlier_job_that_is_gone_is_told(self, ended: Job, alice: User) -> None:
        all_done(ended)
        again, _ = jobs.retry(alice, ended, "verify")
        ended.delete()
        again.refresh_from_db()
        with pytest.raises(Stop, match="not there any more"):
            retries.earlier(again)
