"""Every endpoint of jobs: who may do what."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from agents.models import Job
from clusters.models import Cluster
from credentials.models import User
from tests import factories


def client_of(user: User | None = None) -> APIClient:
    client = APIClient()
    if user:
        client.force_authenticate(user)
    return client


@pytest.fixture
def job(cluster: Cluster) -> Job:
    return factories.make_job(cluster.project, cluster, status=Job.Status.RUNNING)


def test_start_fix_answers_at_once_with_the_job(cluster: Cluster, bob: User) -> None:
    factories.make_plan(cluster, approved_by=bob)
    url = f"/api/clusters/{cluster.pk}/start_fix"
    first = client_of(bob).post(url, {"runner": "local_scripted"}, format="json")
    second = client_of(bob).post(url, {"runner": "local_scripted"}, format="json")
    assert (first.status_code, first.json()["created"]) == (202, True)
    assert second.json() == {"job": first.json()["job"], "created": False}


def test_start_fix_wants_an_approved_plan(cluster: Cluster, bob: User) -> None:
    factories.make_plan(cluster)
    response = client_of(bob).post(
        f"/api/clusters/{cluster.pk}/start_fix", {"runner": "local_scripted"}, format="json"
    )
    assert (response.status_code, response.json()["code"]) == (409, "plan_not_approved")


def test_start_fix_offers_runners_that_are_ready(cluster: Cluster, bob: User) -> None:
    factories.make_plan(cluster, approved_by=bob)
    response = client_of(bob).post(
        f"/api/clusters/{cluster.pk}/start_fix", {"runner": "aws_kilo"}, format="json"
    )
    assert (response.status_code, response.json()["code"]) == (409, "runner_not_configured")
    assert {"name", "title"} <= set(response.json()["runners"][0])


def test_start_fix_is_not_for_viewers_and_strangers(
    cluster: Cluster, carol: User, mallory: User
) -> None:
    url = f"/api/clusters/{cluster.pk}/start_fix"
    statuses = [client_of(user).post(url).status_code for user in (carol, mallory, None)]
    assert statuses == [403, 404, 401]


@pytest.mark.parametrize("template", ["/api/jobs/{}", "/api/jobs/{}/logs"])
def test_who_reads_a_job(template: str, job: Job, bob: User, carol: User, mallory: User) -> None:
    url = template.format(job.pk)
    statuses = [client_of(user).get(url).status_code for user in (bob, carol, mallory, None)]
    assert statuses == [200, 200, 404, 401]


def test_who_cancels_a_job(job: Job, bob: User, carol: User, mallory: User) -> None:
    url, body = f"/api/jobs/{job.pk}", {"status": "cancelled"}
    statuses = [
        client_of(user).patch(url, body, format="json").status_code
        for user in (carol, mallory, None, bob)
    ]
    assert statuses == [403, 404, 401, 200]
    job.refresh_from_db()
    assert job.cancelled_by == bob


@pytest.mark.parametrize(
    "body", [{"status": "completed"}, {"status": "running"}, {}, {"outcome": "verified"}], ids=str
)
def test_a_job_takes_no_other_change(job: Job, bob: User, body: dict[str, str]) -> None:
    assert client_of(bob).patch(f"/api/jobs/{job.pk}", body, format="json").status_code == 400


@pytest.mark.parametrize(
    ("verb", "url"),
    [("post", "/api/jobs"), ("delete", "/api/jobs/{}"), ("post", "/api/jobs/{}/logs")],
)
def test_a_wrong_verb_is_refused(verb: str, url: str, job: Job, bob: User) -> None:
    assert getattr(client_of(bob), verb)(url.format(job.pk)).status_code == 405


def test_jobs_are_listed_and_filtered(job: Job, bob: User, mallory: User) -> None:
    client = client_of(bob)
    assert client.get("/api/jobs").json()["count"] == 1
    assert client.get("/api/jobs", {"status": "pending,running"}).json()["count"] == 1
    assert client.get("/api/jobs", {"status": "failed"}).json()["count"] == 0
    assert client.get("/api/jobs", {"cluster_id": str(job.cluster_id)}).json()["count"] == 1
    assert client_of(mallory).get("/api/jobs").json()["count"] == 0


def test_logs_are_read_in_pieces_without_gap_or_repeat(job: Job, bob: User) -> None:
    execution = factories.make_execution(job)
    factories.make_chunks(execution, *[f"line {n}\n" for n in range(1200)])
    client, last, lines = client_of(bob), 0, []
    for _ in range(3):
        answer = client.get(f"/api/jobs/{job.pk}/logs", {"after": last}).json()
        lines += [chunk["text"] for chunk in answer["chunks"]]
        last = answer["last"]
    assert lines == [f"line {n}\n" for n in range(1200)]
    assert not answer["ended"]


def test_logs_of_an_ended_job_say_so_with_the_last_line(cluster: Cluster, bob: User) -> None:
    job = factories.make_job(cluster.project, cluster, status=Job.Status.COMPLETED)
    factories.make_chunks(factories.make_execution(job, status="completed"), "done\n")
    assert client_of(bob).get(f"/api/jobs/{job.pk}/logs").json()["ended"]


def test_an_ended_job_explains_itself(cluster: Cluster, bob: User) -> None:
    job = factories.make_job(
        cluster.project, cluster, status=Job.Status.FAILED, outcome="no_changes"
    )
    answer = client_of(bob).get(f"/api/jobs/{job.pk}").json()
    assert (answer["outcome"], bool(answer["outcome_sentence"])) == ("no_changes", True)


def test_the_schema_describes_every_endpoint(alice: User) -> None:
    client = client_of()
    client.force_login(alice)
    paths = client.get("/api/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json").json()[
        "paths"
    ]
    assert {
        "/api/jobs/{id}",
        "/api/jobs/{id}/logs",
        "/api/clusters/{id}/start_fix",
        "/api/clusters/{id}/plan",
    } <= set(paths)
