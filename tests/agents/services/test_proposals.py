"""Jobs that nobody started: proposed once, and begun or turned down by a person."""

from __future__ import annotations

import pytest

from agents.models import Job
from agents.services import approvals, jobs, leases, preflight, proposals
from clusters.models import Cluster
from credentials.errors import Conflict, Forbidden
from credentials.models import AuditEvent, User
from tests import factories

RUNNER = "local_scripted"


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The jobs that are handed to workers."""
    found: list[int] = []
    monkeypatch.setattr("agents.queue.run_job", found.append)
    return found


@pytest.fixture
def loud(cluster: Cluster) -> Cluster:
    """A cluster that enough people speak of."""
    cluster.project.propose_fixes_at, cluster.project.runner = 5, RUNNER
    cluster.project.save()
    cluster.reporter_count = 5
    cluster.save()
    return cluster


@pytest.fixture
def proposal(loud: Cluster) -> Job:
    (made,) = proposals.propose_due()
    return Job.objects.get(pk=made)


def status_of(cluster: Cluster) -> str:
    return Cluster.objects.values_list("status", flat=True).get(pk=cluster.pk)


def test_it_waits_for_somebody_and_holds_nothing(proposal: Job, loud: Cluster) -> None:
    assert (proposal.status, proposal.approval) == ("awaiting_approval", "start")
    assert proposal.requested_by is None
    assert proposal.asked_at is not None
    assert leases.claim(proposal.pk, "eager") is None
    assert status_of(loud) == Cluster.Status.NEW
    told = AuditEvent.objects.get(target_id=proposal.pk, verb="job.proposed")
    assert (told.actor, told.data) == (None, {"reporters": 5})


def test_one_proposal_for_a_cluster(proposal: Job) -> None:
    assert proposals.propose_due() == []


@pytest.mark.parametrize("change", ["few", "never", "closed", "archived", "worked on"])
def test_only_where_the_project_wants_it(loud: Cluster, change: str) -> None:
    match change:
        case "few":
            Cluster.objects.filter(pk=loud.pk).update(reporter_count=4)
        case "never":
            loud.project.propose_fixes_at = None
        case "closed":
            Cluster.objects.filter(pk=loud.pk).update(status=Cluster.Status.DISMISSED)
        case "archived":
            loud.project.archived_at = loud.project.created_at
        case _:
            factories.make_job(loud.project, loud, status=Job.Status.FAILED)
    loud.project.save()
    assert proposals.propose_due() == []


def test_a_cluster_that_is_worked_on_gets_none(loud: Cluster) -> None:
    factories.make_job(loud.project, loud)
    assert jobs.propose_fix(loud) is None


def test_who_approves_is_the_requester(
    proposal: Job, loud: Cluster, bob: User, sent: list[int]
) -> None:
    plan = factories.make_plan(loud, approved_by=bob)
    job = approvals.approve(bob, proposal, "Do it.")
    assert job.pk == proposal.pk
    assert (job.status, job.requested_by, job.decided_by) == ("pending", bob, bob)
    assert (job.plan, job.plan_digest, job.decision_comment) == (plan, plan.digest, "Do it.")
    assert job.branch.endswith(f"-{job.pk}")
    assert (job.paused_seconds, job.decided_at is not None) == (0, True)
    assert status_of(loud) == Cluster.Status.FIXING
    assert sent == [job.pk]
    verbs = AuditEvent.objects.filter(target_id=job.pk, target_type="agents.job")
    assert list(verbs.order_by("id").values_list("verb", "actor")) == [
        ("job.proposed", None),
        ("job.proposal_approved", bob.pk),
        ("job.started", bob.pk),
    ]
    assert leases.claim(job.pk, "worker") is not None


def test_it_begins_only_as_any_other_job(proposal: Job, loud: Cluster, bob: User) -> None:
    factories.make_plan(loud)
    with pytest.raises(Conflict) as refusal:
        approvals.approve(bob, proposal)
    assert refusal.value.code == "plan_not_approved"
    factories.make_plan(loud, approved_by=bob)
    loud.project.runner = "sandbox_kilo"
    loud.project.save()
    with pytest.raises(Conflict) as not_ready:
        approvals.approve(bob, Job.objects.get(pk=proposal.pk))
    assert not_ready.value.code == "runner_not_configured"
    proposal.refresh_from_db()
    assert (proposal.status, proposal.decision) == ("awaiting_approval", "")


def test_a_rejected_one_ends_and_comes_no_more(proposal: Job, loud: Cluster, bob: User) -> None:
    job = approvals.reject(bob, proposal, "As intended.")
    assert (job.status, job.outcome, job.decision) == ("completed", "rejected", "rejected")
    assert job.outcome_detail == "bob rejected the proposal: As intended."
    assert (job.decision_comment, job.finished_at is not None) == ("As intended.", True)
    assert status_of(loud) == Cluster.Status.NEW
    assert proposals.propose_due() == []


def test_the_second_of_two_is_told_who_was_first(
    proposal: Job, loud: Cluster, alice: User, bob: User
) -> None:
    approvals.reject(bob, proposal)
    for act in (approvals.approve, approvals.reject):
        with pytest.raises(Conflict) as refusal:
            act(alice, proposal)
        assert refusal.value.code == "already_decided"


def test_a_cancelled_one_leaves_its_cluster_where_it_was(
    proposal: Job, loud: Cluster, bob: User
) -> None:
    assert jobs.cancel(bob, proposal).status == Job.Status.CANCELLED
    assert status_of(loud) == Cluster.Status.NEW
    with pytest.raises(Conflict):
        approvals.approve(bob, proposal)


def test_a_viewer_decides_nothing(proposal: Job, carol: User) -> None:
    for act in (approvals.approve, approvals.reject):
        with pytest.raises(Forbidden):
            act(carol, proposal)


def test_a_click_on_generate_takes_the_proposal_up(proposal: Job, loud: Cluster, bob: User) -> None:
    factories.make_plan(loud, approved_by=bob)
    assert "job_active" not in [found.code for found in preflight.findings(bob, loud)]
    job, created = jobs.start_fix(bob, loud, runner=RUNNER, priority=Job.Priority.HIGH)
    assert (job.pk, created, job.requested_by) == (proposal.pk, True, bob)
    assert (job.status, job.priority) == ("pending", Job.Priority.HIGH)


def test_dismissing_the_cluster_is_an_answer_too(proposal: Job, loud: Cluster, bob: User) -> None:
    Cluster.objects.filter(pk=loud.pk).update(status=Cluster.Status.DISMISSED)
    with pytest.raises(Conflict) as refusal:
        approvals.approve(bob, Job.objects.select_related("cluster").get(pk=proposal.pk))
    assert refusal.value.code == "cluster_closed"
