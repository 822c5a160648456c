"""Usage and approvals over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from agents.models import Job
from agents.services import approvals, executions, leases
from clusters.models import Cluster, Project
from credentials.models import User
from tests import factories


@pytest.fixture
def job(cluster: Cluster, alice: User) -> Job:
    job = factories.make_job(cluster.project, cluster, requested_by=alice, budget_usd=Decimal(2))
    factories.make_execution(
        job,
        input_tokens=100,
        cached_tokens=60,
        output_tokens=10,
        cost_usd=Decimal("0.5"),
        started_at=datetime(2026, 11, 15, tzinfo=UTC),
    )
    return job


@pytest.fixture
def waiting(job: Job) -> Job:
    lease = leases.claim(job.pk, "worker")
    assert lease is not None
    executions.await_approval(lease, approval=approvals.PUSH)
    return job


def get(client: Client, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return answer.json()


def post(client: Client, job: Job, verb: str, **body: str) -> tuple[int, Any]:
    answer = client.post(f"/api/jobs/{job.pk}/{verb}", body, content_type="application/json")
    return answer.status_code, answer.json()


def test_a_month_of_usage(client: Client, alice: User, job: Job) -> None:
    client.force_login(alice)
    found = get(client, "/api/usage?month=2026-11")
    assert found["month"] == "2026-11"
    assert found["total"]["cost_usd"] == "0.500000"
    (project,) = found["projects"]
    assert (project["id"], project["name"]) == (job.project_id, "tillwork")
    (person,) = found["people"]
    assert (person["id"], person["totals"]["input_tokens"]) == (alice.pk, 100)
    assert [month["month"] for month in found["months"]][-2:] == ["2026-10", "2026-11"]
    assert found["months"][-1]["totals"]["jobs"] == 1


def test_a_job_tells_what_it_used(client: Client, alice: User, job: Job) -> None:
    client.force_login(alice)
    found = get(client, f"/api/jobs/{job.pk}")
    assert (found["usage"]["cost_usd"], found["usage"]["cached_tokens"]) == ("0.500000", 60)
    assert found["budget_usd"] == "2.00"
    assert found["executions"][0]["cost_is_estimated"] is False


def test_others_see_nothing(client: Client, mallory: User, project: Project, job: Job) -> None:
    assert client.get("/api/usage").status_code in {401, 403}
    client.force_login(mallory)
    assert get(client, "/api/usage?month=2026-11")["total"]["jobs"] == 0
    for query in (f"project_id={project.pk}", f"team_id={project.team_id}"):
        assert client.get(f"/api/usage?{query}").status_code == 404


def test_a_viewer_sees_a_project_s_and_a_team_s(
    client: Client, carol: User, project: Project, job: Job
) -> None:
    client.force_login(carol)
    for query in (f"project_id={project.pk}", f"team_id={project.team_id}"):
        assert get(client, f"/api/usage?month=2026-11&{query}")["total"]["jobs"] == 1


def test_a_month_that_is_none_is_refused(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.get("/api/usage?month=november")
    assert answer.status_code == 400
    assert "such as 2026-11" in answer.content.decode()


@pytest.mark.parametrize(("verb", "decision"), [("approve", "approved"), ("reject", "rejected")])
def test_a_member_decides_once(
    client: Client, bob: User, waiting: Job, verb: str, decision: str
) -> None:
    client.force_login(bob)
    status, told = post(client, waiting, verb, comment="Seen.")
    assert (status, told["status"], told["decision"]) == (200, "pending", decision)
    assert (told["decided_by"], told["decision_comment"]) == ("bob", "Seen.")
    status, told = post(client, waiting, "approve")
    assert status == 409
    assert f"bob {decision} this change already." in str(told)


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_others_decide_nothing(
    client: Client, carol: User, mallory: User, waiting: Job, verb: str
) -> None:
    assert post(client, waiting, verb)[0] in {401, 403}
    for user, status in ((carol, 403), (mallory, 404)):
        client.force_login(user)
        assert post(client, waiting, verb)[0] == status
    waiting.refresh_from_db()
    assert waiting.status == "awaiting_approval"


def test_a_job_that_does_not_wait_is_a_conflict(client: Client, alice: User, job: Job) -> None:
    client.force_login(alice)
    status, told = post(client, job, "approve")
    assert status == 409
    assert "does not wait" in str(told)
    assert client.get(f"/api/jobs/{job.pk}/approve").status_code == 405
