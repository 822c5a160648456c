"""Corrections over HTTP: who may do what, and what stands in the way."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from clusters.models import Cluster, ClusterChange, Project
from clusters.services import clusters, surgery
from credentials.models import User
from tests import factories


@pytest.fixture
def cluster(project: Project) -> Cluster:
    return filled(project, "Coupons")


@pytest.fixture
def other(project: Project) -> Cluster:
    return filled(project, "Exports")


def filled(project: Project, title: str) -> Cluster:
    source = project.sources.first() or factories.make_source(project)
    cluster = factories.make_cluster(project, title=title, titled_by_person=True)
    for number in range(3):
        factories.make_item(source, cluster=cluster, title=f"{title} {number}")
    clusters.refresh(cluster)
    return cluster


def client_of(user: User | None = None) -> APIClient:
    client = APIClient()
    if user:
        client.force_authenticate(user)
    return client


def ids(cluster: Cluster) -> list[int]:
    return list(cluster.items.order_by("pk").values_list("pk", flat=True))


@pytest.fixture
def calls(cluster: Cluster, other: Cluster, alice: User) -> list[tuple[str, str, dict[str, Any]]]:
    """Every endpoint with something that it does."""
    done = surgery.lock(alice, other)
    undone = surgery.split(alice, other, ids(other)[:1])
    surgery.undo(alice, undone)
    assert done is not None
    return [
        ("post", f"changes/{done.pk}/undo", {}),
        ("post", f"changes/{undone.pk}/redo", {}),
        ("post", f"clusters/{cluster.pk}/lock", {}),
        ("delete", f"clusters/{cluster.pk}/lock", {}),
        ("post", f"clusters/{cluster.pk}/split", {"items": ids(cluster)[:1]}),
        ("post", "feedback/move", {"items": ids(cluster)[1:2], "to": other.pk}),
        ("post", "clusters/merge", {"clusters": [other.pk], "into": cluster.pk}),
    ]


Calls = list[tuple[str, str, dict[str, Any]]]


def statuses(user: User | None, calls: Calls) -> list[int]:
    client = client_of(user)
    return [
        getattr(client, verb)(f"/api/{path}", body, format="json").status_code
        for verb, path, body in calls
    ]


def test_a_member_corrects(bob: User, calls: Calls) -> None:
    assert statuses(bob, calls) == [200, 200, 200, 200, 201, 201, 201]


def test_a_viewer_only_looks(carol: User, calls: Calls) -> None:
    assert statuses(carol, calls) == [403] * 7


def test_another_team_finds_nothing(mallory: User, calls: Calls) -> None:
    assert statuses(mallory, calls) == [404] * 7


def test_a_stranger_is_asked_who_they_are(calls: Calls) -> None:
    assert statuses(None, calls) == [401] * 7


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("get", "clusters/{}/split"), ("get", "clusters/merge"), ("get", "feedback/move"),
        ("get", "clusters/{}/lock"), ("post", "clusters/{}/changes"),
        ("post", "clusters/{}/proposed_split"),
    ],
)  # fmt: skip
def test_a_wrong_verb_is_refused(verb: str, path: str, bob: User, cluster: Cluster) -> None:
    answer = getattr(client_of(bob), verb)(f"/api/{path.format(cluster.pk)}")
    assert answer.status_code == 405


def test_reads_are_the_teams_own(bob: User, carol: User, mallory: User, cluster: Cluster) -> None:
    for path in (f"clusters/{cluster.pk}/changes", f"clusters/{cluster.pk}/proposed_split"):
        assert client_of(carol).get(f"/api/{path}").status_code == 200
        assert client_of(mallory).get(f"/api/{path}").status_code == 404
        assert client_of().get(f"/api/{path}").status_code == 401


def test_a_change_says_what_it_did_and_the_report_why_it_is_there(
    bob: User, cluster: Cluster
) -> None:
    client = client_of(bob)
    body = {"items": ids(cluster)[:2], "title": "Vouchers"}
    change = client.post(f"/api/clusters/{cluster.pk}/split", body, format="json").json()
    assert change["text"] == "Split 2 reports off “Coupons”"
    assert change["made_by"] == "bob"
    reports = client.get(f"/api/clusters/{change['cluster']}/feedback").json()["results"]
    assert {report["reason"]["rule"] for report in reports} == {"person"}
    assert {report["reason"]["change"] for report in reports} == {change["id"]}
    assert all(report["pinned"] for report in reports)
    listed = client.get(f"/api/clusters/{cluster.pk}/changes").json()
    assert [each["id"] for each in listed["results"]] == [change["id"]]


def test_a_merged_cluster_is_in_no_list_and_says_where_it_went(
    bob: User, cluster: Cluster, other: Cluster
) -> None:
    client = client_of(bob)
    body = {"clusters": [cluster.pk, other.pk], "into": cluster.pk}
    assert client.post("/api/clusters/merge", body, format="json").status_code == 201
    rows = client.get("/api/clusters?status=new,dismissed").json()["results"]
    assert [row["id"] for row in rows] == [cluster.pk]
    assert client.get(f"/api/clusters/{other.pk}").json()["merged_into"] == cluster.pk


def test_who_comes_second_is_told_what_came_first(
    alice: User, bob: User, cluster: Cluster, other: Cluster
) -> None:
    older = surgery.move(alice, ids(other)[:1], to=cluster)
    newer = surgery.merge(alice, [cluster], into=other)
    answer = client_of(bob).post(f"/api/changes/{older.pk}/undo")
    told = answer.json()
    assert (answer.status_code, told["code"]) == (409, "changed_since")
    assert (told["change"], told["url"]) == (newer.pk, f"/clusters/{other.pk}/#change-{newer.pk}")
    again = {"clusters": [cluster.pk], "into": other.pk}
    answer = client_of(bob).post("/api/clusters/merge", again, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "merged_away")


def test_two_people_who_undo_the_same_are_told_apart(
    alice: User, bob: User, cluster: Cluster
) -> None:
    change = surgery.split(alice, cluster, ids(cluster)[:1])
    answers = [client_of(user).post(f"/api/changes/{change.pk}/undo") for user in (alice, bob)]
    assert [answer.status_code for answer in answers] == [200, 409]
    assert answers[1].json()["code"] == "undone_already"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("clusters/merge", {"clusters": [], "into": 1}),
        ("clusters/merge", {"clusters": ["x"], "into": 1}),
        ("clusters/merge", {"clusters": [2**70], "into": 1}),
        ("feedback/move", {"items": [], "to": 1}),
        ("feedback/move", {"items": [-1], "to": 1}),
        ("feedback/move", {"items": [1], "to": "\0"}),
    ],
)
def test_nonsense_is_an_error_with_its_field(bob: User, path: str, body: dict[str, Any]) -> None:
    answer = client_of(bob).post(f"/api/{path}", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_reports_of_elsewhere_are_not_there(bob: User, mallory: User, cluster: Cluster) -> None:
    theirs = factories.make_project(mallory.memberships.get().team, name="hers")
    foreign = filled(theirs, "Foreign")
    client = client_of(bob)
    move = {"items": ids(foreign), "to": cluster.pk}
    assert client.post("/api/feedback/move", move, format="json").status_code == 404
    merge = {"clusters": [foreign.pk], "into": cluster.pk}
    assert client.post("/api/clusters/merge", merge, format="json").status_code == 404
    assert ClusterChange.objects.count() == 0
