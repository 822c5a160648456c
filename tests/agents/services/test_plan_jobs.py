"""A job that plans: asked for by people, one at a time, and its end always reaches the drafting."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from agents.models import Execution, Job
from agents.pipelines.plan import PlanResult
from agents.services import executions, jobs, leases, plan_jobs
from agents.services.leases import Lease
from clusters.models import Cluster, PlanDrafting, Project
from clusters.planner.base import PlanDraft, Question
from clusters.services import plans
from clusters.services.plans import drafting
from credentials.errors import Conflict, Forbidden
from credentials.models import User
from tests import factories

RUNNER = "local_scripted"
DRAFT = PlanDraft.model_validate(
    {"summary": "Cents get lost.", "steps": ["Look."], "criteria": [{"text": "None is lost."}]}
)
RESULT = PlanResult("planned", "Done.", "a" * 40, DRAFT, [Question("Which cents?")])
State = PlanDrafting.State


@pytest.fixture
def project(project: Project) -> Project:
    project.runner, project.allow_unisolated = RUNNER, True
    project.save()
    return project


def begun(job: Job) -> tuple[Lease, Execution]:
    """A worker has it."""
    lease = leases.claim(job.pk, "worker")
    assert lease is not None
    return lease, executions.begin(lease)


def test_it_is_a_job_of_its_own_beside_the_drafting(alice: User, cluster: Cluster) -> None:
    job, created = plan_jobs.start(alice, cluster, hint="Mind the cents.")
    assert created
    assert (job.kind, job.runner, job.branch) == (Job.Kind.PLAN, RUNNER, "")
    assert job.drafting is not None
    assert (job.drafting.way, job.drafting.hint) == ("agent", "Mind the cents.")
    assert plan_jobs.start(alice, cluster) == (job, False)
    drafting.run(job.drafting.pk)  # no planner of ours takes it
    job.drafting.refresh_from_db()
    assert job.drafting.state == State.WAITING


def test_what_it_wrote_is_the_next_version(alice: User, cluster: Cluster) -> None:
    job, _ = plan_jobs.start(alice, cluster)
    lease, execution = begun(job)
    Execution.objects.filter(pk=execution.pk).update(input_tokens=7, output_tokens=3)
    job.refresh_from_db()
    assert plan_jobs.ended(lease, job, execution, RESULT)[0] == "planned"
    executions.finish(lease, execution, code="planned")
    plan = plans.current(cluster)
    assert plan is not None
    assert (plan.made_by, plan.created_by, plan.base_sha) == ("agent", alice, "a" * 40)
    assert (plan.audit["tokens_in"], plan.audit["tokens_out"]) == (7, 3)
    assert f"job {job.pk}" in plan.note
    job.refresh_from_db()
    assert (job.plan, job.status) == (plan, Job.Status.COMPLETED)
    row = PlanDrafting.objects.get()
    assert (row.state, row.plan) == (State.DONE, plan)
    cluster.refresh_from_db()
    assert (cluster.status, cluster.last_outcome) == (Cluster.Status.PLANNED, "")


def test_a_plan_that_was_edited_meanwhile_is_not_replaced(
    alice: User, bob: User, cluster: Cluster
) -> None:
    factories.make_plan(cluster)
    job, _ = plan_jobs.start(alice, cluster)
    lease, execution = begun(job)
    plans.edit(bob, cluster, {"steps": ["Bob's."]}, version=1)
    job.refresh_from_db()
    code, detail = plan_jobs.ended(lease, job, execution, RESULT)
    assert code == "no_plan"
    assert "version 2" in detail
    assert PlanDrafting.objects.get().state == State.FAILED


@pytest.mark.parametrize("code", ["no_plan", "agent_failed", "cancelled", "time_limit"])
def test_however_it_ends_the_drafting_ends_and_says_why(
    alice: User, cluster: Cluster, code: str
) -> None:
    job, _ = plan_jobs.start(alice, cluster)
    lease, execution = begun(job)
    executions.finish(lease, execution, code=code, detail="What happened.")
    row = PlanDrafting.objects.get()
    assert (row.state, row.message) == (State.FAILED, "What happened.")
    cluster.refresh_from_db()
    assert (cluster.status, cluster.last_outcome) == (Cluster.Status.NEW, "")


def test_cancelled_while_it_waits_it_ends_the_drafting_too(alice: User, cluster: Cluster) -> None:
    job, _ = plan_jobs.start(alice, cluster)
    jobs.cancel(alice, job)
    assert PlanDrafting.objects.get().state == State.FAILED
    assert drafting.active(cluster) is None


def test_a_plan_that_is_being_written_is_waited_for(alice: User, cluster: Cluster) -> None:
    drafting.request(alice, cluster)
    with pytest.raises(Conflict) as refusal:
        plan_jobs.start(alice, cluster)
    assert refusal.value.code == "plan_in_progress"


def test_it_is_not_tried_again_as_a_fix(alice: User, cluster: Cluster) -> None:
    job, _ = plan_jobs.start(alice, cluster)
    jobs.cancel(alice, job)
    with pytest.raises(Conflict) as refusal:
        jobs.retry(alice, job)
    assert refusal.value.code == "not_retryable"


def test_who_may_and_with_what(alice: User, carol: User, cluster: Cluster) -> None:
    with pytest.raises(Forbidden):
        plan_jobs.start(carol, cluster)
    for runner in ("local_codex", "local_nothing"):
        with pytest.raises(Conflict):
            plan_jobs.start(alice, cluster, runner=runner)
    assert not plan_jobs.can_plan("local_codex")
    assert plan_jobs.can_plan("local_claude")
    Cluster.objects.filter(pk=cluster.pk).update(status=Cluster.Status.DISMISSED)
    cluster.refresh_from_db()
    with pytest.raises(Conflict):
        plan_jobs.start(alice, cluster)


def test_the_button_leads_to_its_job(
    client: Client, bob: User, carol: User, mallory: User, cluster: Cluster
) -> None:
    address = reverse("plan_by_agent", args=[cluster.pk])
    assert "/login/" in client.post(address)["Location"]
    for user, status in ((mallory, 404), (carol, 403), (bob, 302)):
        client.force_login(user)
        answer = client.post(address, {"runner": RUNNER, "hint": "Mind it."})
        assert answer.status_code == status
    job = Job.objects.get()
    assert answer["Location"] == reverse("job", args=[job.pk])
    assert client.get(address).status_code == 405
    page = client.get(reverse("cluster_plan", args=[cluster.pk])).content.decode()
    assert f"Watch job {job.pk}" in page
    for tab in ("job", "job_receipts", "job_diff", "job_prompt", "job_activity"):
        assert client.get(reverse(tab, args=[job.pk])).status_code == 200


def test_the_api_starts_it_too(bob: User, carol: User, mallory: User, cluster: Cluster) -> None:
    address = f"/api/clusters/{cluster.pk}/plan/agent"
    client = APIClient()
    assert client.post(address).status_code == 401
    for user, status in ((mallory, 404), (carol, 403), (bob, 202)):
        client.force_authenticate(user)
        answer = client.post(address, {"hint": "Mind it."}, format="json")
        assert answer.status_code == status
    assert answer.json()["created"]
    assert client.get(address).status_code == 405
    assert client.post(address, {"hint": "x" * 2_001}, format="json").status_code == 400


def test_no_fix_begins_with_a_rejected_plan(alice: User, cluster: Cluster) -> None:
    factories.make_plan(cluster)
    plans.reject(alice, cluster, version=1, reason="It misses the basket.")
    with pytest.raises(Conflict) as refusal:
        jobs.start_fix(alice, cluster)
    assert refusal.value.code == "plan_rejected"
    plans.approve(alice, cluster, version=1)
    assert jobs.start_fix(alice, cluster)[1]


def test_a_cluster_that_was_dismissed_meanwhile_is_not_planned(
    alice: User, cluster: Cluster
) -> None:
    Cluster.objects.filter(pk=cluster.pk).update(status=Cluster.Status.DISMISSED)
    with pytest.raises(Conflict):
        plan_jobs.start(alice, cluster, runner=RUNNER)  # as it was read before
    assert not Job.objects.exists()
