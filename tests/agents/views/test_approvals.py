"""The page of a job at its gate: what it shows, and who may press which button."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from agents.models import Job
from agents.services import approvals, executions, leases
from clusters.models import Cluster
from credentials.models import User
from tests import factories

VERBS = ("approve", "reject")


@pytest.fixture
def job(cluster: Cluster, alice: User) -> Job:
    job = factories.make_job(cluster.project, cluster, requested_by=alice)
    lease = leases.claim(job.pk, "worker")
    assert lease is not None
    executions.begin(lease)
    executions.await_approval(lease, approval=approvals.PUSH)
    job.refresh_from_db()
    return job


def page(client: Client, job: Job) -> str:
    answer = client.get(reverse("job", args=[job.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_member_sees_what_waits_and_two_buttons(client: Client, bob: User, job: Job) -> None:
    client.force_login(bob)
    shown = page(client, job)
    assert "Awaiting approval" in shown
    assert "The change waits for a person" in shown
    assert 'popovertarget="approve-job"' in shown
    assert 'popovertarget="reject-job"' in shown
    assert reverse("job_approve", args=[job.pk]) in shown


def test_a_viewer_sees_what_waits_and_no_button(client: Client, carol: User, job: Job) -> None:
    client.force_login(carol)
    shown = page(client, job)
    assert "Members of the team can approve or reject it" in shown
    assert "approve-job" not in shown


@pytest.mark.parametrize(("verb", "decision"), [("approve", "approved"), ("reject", "rejected")])
def test_a_member_decides(client: Client, bob: User, job: Job, verb: str, decision: str) -> None:
    client.force_login(bob)
    answer = client.post(
        reverse(f"job_{verb}", args=[job.pk]), {"comment": "<b>Seen</b>"}, follow=True
    )
    assert f"{decision.capitalize()}." in answer.content.decode()
    job.refresh_from_db()
    assert (job.decision, job.decision_comment) == (decision, "<b>Seen</b>")
    assert "&lt;b&gt;Seen&lt;/b&gt;" in page(client, job)


def test_who_comes_second_is_told_so(client: Client, alice: User, bob: User, job: Job) -> None:
    approvals.approve(alice, job)
    client.force_login(bob)
    answer = client.post(reverse("job_reject", args=[job.pk]), follow=True)
    assert "Alice Archer approved this change already." in answer.content.decode()


@pytest.mark.parametrize("verb", VERBS)
def test_others_are_turned_away(
    client: Client, carol: User, mallory: User, job: Job, verb: str
) -> None:
    address = reverse(f"job_{verb}", args=[job.pk])
    assert client.post(address).status_code == 302  # to the sign-in
    for user, status in ((carol, 403), (mallory, 404)):
        client.force_login(user)
        assert client.post(address).status_code == status
    job.refresh_from_db()
    assert job.status == "awaiting_approval"


@pytest.mark.parametrize("verb", VERBS)
def test_looking_decides_nothing(client: Client, alice: User, job: Job, verb: str) -> None:
    client.force_login(alice)
    assert client.get(reverse(f"job_{verb}", args=[job.pk])).status_code == 405


def test_the_list_can_show_what_waits(client: Client, alice: User, job: Job) -> None:
    factories.make_job(job.project, title="Something else")
    client.force_login(alice)
    shown = client.get("/jobs/?status=awaiting").content.decode()
    assert job.title in shown
    assert "Something else" not in shown


def test_the_page_hears_of_a_decision(client: Client, alice: User, job: Job) -> None:
    client.force_login(alice)
    address = reverse("job_state", args=[job.pk])
    seen = client.get(address).context["seen"]
    assert client.get(f"{address}?seen={seen}").status_code == 204
    approvals.approve(alice, job)
    assert client.get(f"{address}?seen={seen}").status_code == 200


def test_the_timeline_shows_the_gate_only_where_there_is_one(
    client: Client, alice: User, job: Job
) -> None:
    client.force_login(alice)
    assert "Waits for a person." in page(client, job)
    other = factories.make_job(job.project)
    assert "<span>Approval</span>" not in page(client, other)
