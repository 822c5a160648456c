"""Every endpoint of projects, feedback, clusters and plans: who may do what."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from clusters.models import Cluster, FeedbackItem, Project, Source
from credentials.models import User
from tests import factories


@pytest.fixture
def project(project: Project) -> Project:
    factories.make_source(project, kind=Source.Kind.API, name="API")
    return project


def client_of(user: User | None = None) -> APIClient:
    client = APIClient()
    if user:
        client.force_authenticate(user)
    return client


READS = [
    "projects/{project}",
    "projects/{project}/feedback",
    "clusters/{cluster}",
    "clusters/{cluster}/feedback",
    "clusters/{cluster}/plan",
]
WRITES = [
    ("post", "projects/{project}/feedback", {"title": "Total is wrong"}),
    ("patch", "projects/{project}", {"rounds": 2}),
    ("patch", "clusters/{cluster}", {"title": "Coupons"}),
    ("post", "clusters/{cluster}/plan", {}),
    ("patch", "clusters/{cluster}/plan", {"version": 1, "content": {"steps": ["Look."]}}),
    ("post", "clusters/{cluster}/plan/approve", {"version": 1}),
    ("delete", "clusters/{cluster}/plan/approve", {}),
]


def address(template: str, cluster: Cluster) -> str:
    return "/api/" + template.format(project=cluster.project_id, cluster=cluster.pk)


@pytest.mark.parametrize("template", READS)
def test_members_and_viewers_read(template: str, cluster: Cluster, bob: User, carol: User) -> None:
    factories.make_plan(cluster)
    for user in (bob, carol):
        assert client_of(user).get(address(template, cluster)).status_code == 200


@pytest.mark.parametrize("template", READS)
def test_another_team_finds_nothing(template: str, cluster: Cluster, mallory: User) -> None:
    factories.make_plan(cluster)
    assert client_of(mallory).get(address(template, cluster)).status_code == 404


@pytest.mark.parametrize("template", [*READS, "projects", "clusters"])
def test_a_stranger_is_asked_who_they_are(template: str, cluster: Cluster) -> None:
    assert client_of().get(address(template, cluster)).status_code == 401


@pytest.mark.parametrize(("verb", "template", "body"), WRITES)
def test_a_member_writes(
    verb: str, template: str, body: dict[str, object], project: Project, cluster: Cluster, bob: User
) -> None:
    factories.make_plan(cluster)
    response = getattr(client_of(bob), verb)(address(template, cluster), body, format="json")
    assert response.status_code in {200, 201}, response.content


@pytest.mark.parametrize(("verb", "template", "body"), WRITES)
def test_a_viewer_does_not_write(
    verb: str,
    template: str,
    body: dict[str, object],
    project: Project,
    cluster: Cluster,
    carol: User,
) -> None:
    factories.make_plan(cluster)
    response = getattr(client_of(carol), verb)(address(template, cluster), body, format="json")
    assert (response.status_code, response.json()["code"]) == (403, "read_only")


@pytest.mark.parametrize(("verb", "template", "body"), WRITES)
def test_another_team_does_not_write(
    verb: str,
    template: str,
    body: dict[str, object],
    project: Project,
    cluster: Cluster,
    mallory: User,
) -> None:
    factories.make_plan(cluster)
    response = getattr(client_of(mallory), verb)(address(template, cluster), body, format="json")
    assert response.status_code == 404


@pytest.mark.parametrize(
    ("verb", "template"),
    [("delete", "projects/{project}"), ("post", "clusters"), ("put", "clusters/{cluster}")],
)
def test_a_wrong_verb_is_refused(verb: str, template: str, cluster: Cluster, bob: User) -> None:
    assert getattr(client_of(bob), verb)(address(template, cluster)).status_code == 405


def test_feedback_is_idempotent_by_external_id(project: Project, bob: User) -> None:
    report = {"external_id": "mail-7", "title": "Total is wrong"}
    url = f"/api/projects/{project.pk}/feedback"
    first = client_of(bob).post(url, report, format="json")
    second = client_of(bob).post(url, report, format="json")
    assert (first.status_code, second.status_code) == (201, 200)
    assert (second.json()["created"], second.json()["duplicates"]) == ([], 1)
    assert FeedbackItem.objects.count() == 1


def test_feedback_in_bulk_tells_of_each_refusal(project: Project, bob: User) -> None:
    reports = [{"title": "Total is wrong"}, {"title": ""}, {"titel": "typo"}]
    response = client_of(bob).post(f"/api/projects/{project.pk}/feedback", reports, format="json")
    assert response.status_code == 201
    assert [entry["row"] for entry in response.json()["refused"]] == [2, 3]


def test_feedback_that_cannot_be_used_is_an_error(project: Project, bob: User) -> None:
    response = client_of(bob).post(
        f"/api/projects/{project.pk}/feedback", {"title": ""}, format="json"
    )
    assert (response.status_code, response.json()["code"]) == (400, "all_refused")


def test_a_file_is_imported(project: Project, bob: User, carol: User) -> None:
    url = f"/api/projects/{project.pk}/import"

    def upload() -> dict[str, object]:
        return {"file": SimpleUploadedFile("mail.csv", b"title\nTotal is wrong\n"), "kind": "email"}

    response = client_of(bob).post(url, upload(), format="multipart")
    assert (response.status_code, response.json()["created"]) == (201, 1)
    assert client_of(carol).post(url, upload(), format="multipart").status_code == 403


def test_lists_show_only_the_viewers_own(cluster: Cluster, alice: User, mallory: User) -> None:
    assert client_of(alice).get("/api/clusters").json()["count"] == 1
    assert client_of(mallory).get("/api/clusters").json()["count"] == 0
    assert client_of(mallory).get("/api/projects").json()["count"] == 0


def test_clusters_are_filtered(cluster: Cluster, alice: User) -> None:
    client = client_of(alice)
    assert client.get("/api/clusters", {"status": "planned"}).json()["count"] == 0
    assert client.get("/api/clusters", {"search": "coupons"}).json()["count"] == 1
    assert client.get("/api/clusters", {"project_id": cluster.project_id}).json()["count"] == 1
    assert client.get("/api/clusters", {"project_id": "; drop"}).status_code == 400
    assert (
        client.get("/api/clusters", {"search": "cou\0pons", "status": "new\0"}).json()["count"] == 1
    )


def test_before_the_first_plan_the_answer_says_how_to_make_one(
    cluster: Cluster, alice: User
) -> None:
    response = client_of(alice).get(f"/api/clusters/{cluster.pk}/plan")
    assert (response.status_code, response.json()["code"]) == (404, "no_plan")


def test_who_saves_a_plan_second_is_told(cluster: Cluster, alice: User) -> None:
    factories.make_plan(cluster)
    url, body = f"/api/clusters/{cluster.pk}/plan", {"version": 1, "content": {"steps": ["Look."]}}
    client = client_of(alice)
    assert client.patch(url, body, format="json").status_code == 200
    body["content"] = {"steps": ["Look twice."]}
    response = client.patch(url, body, format="json")
    assert (response.status_code, response.json()["code"]) == (409, "plan_changed")


def test_a_project_needs_a_repository_that_the_operator_opened(alice: User) -> None:
    response = client_of(alice).post(
        "/api/projects", {"name": "etc", "repository": "/etc"}, format="json"
    )
    assert (response.status_code, response.json()["code"]) == (400, "repository_unavailable")


def test_nobody_connects_a_project_to_another_team(alice: User, mallory: User) -> None:
    team = mallory.memberships.get().team_id
    response = client_of(alice).post(
        "/api/projects", {"name": "x", "repository": "/x", "team": team}, format="json"
    )
    assert (response.status_code, list(response.json()["fields"])) == (400, ["team"])


def test_a_body_that_is_nested_without_end_is_no_json(project: Project, bob: User) -> None:
    response = client_of(bob).post(
        f"/api/projects/{project.pk}/feedback", "[" * 200_000, content_type="application/json"
    )
    assert (response.status_code, response.json()["code"]) == (400, "parse_error")


def test_a_body_that_is_too_large_is_told(project: Project, bob: User, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    response = client_of(bob).post(
        f"/api/projects/{project.pk}/feedback", {"title": "x" * 1_000}, format="json"
    )
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_a_setting_that_makes_no_sense_is_named(project: Project, bob: User) -> None:
    response = client_of(bob).patch(f"/api/projects/{project.pk}", {"rounds": 99}, format="json")
    assert response.status_code == 400
    assert response.json()["fields"] == {"rounds": ["A number from 1 to 10."]}
