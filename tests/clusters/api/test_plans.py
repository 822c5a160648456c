"""Plans in the API: in the background, judged, talked about; who may do what."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from clusters.models import Cluster, Plan, PlanComment, PlanQuestion
from clusters.planner.base import Question
from clusters.services.plans import comments as plan_comments
from clusters.services.plans import drafting, questions
from credentials.models import User
from tests import factories
from tests.clusters.api.test_api import client_of

Call = tuple[str, str, dict[str, Any]]
READS = ["plans", "plan/drafting", "plan/comments", "plan/questions"]
WRITES: list[Call] = [
    ("post", "clusters/{cluster}/plan", {"background": True}),
    ("post", "clusters/{cluster}/plan/reject", {"version": 1, "reason": "No."}),
    ("delete", "clusters/{cluster}/plan/reject", {}),
    ("post", "clusters/{cluster}/plan/comments", {"section": "steps", "body": "Why?"}),
    ("post", "plan_comments/{comment}", {"resolved": True}),
    ("post", "plan_questions/{question}/answer", {"answer": "Cents."}),
]
WRONG = [
    ("delete", "clusters/{cluster}/plan"),
    ("post", "clusters/{cluster}/plans"),
    ("post", "clusters/{cluster}/plan/drafting"),
    ("get", "clusters/{cluster}/plan/reject"),
    ("get", "plan_comments/{comment}"),
    ("get", "plan_questions/{question}/answer"),
]
NONSENSE: list[Call] = [
    ("post", "clusters/{cluster}/plan", {"background": True, "way": "magic"}),
    ("post", "clusters/{cluster}/plan", {"hint": "x" * 2_001}),
    ("post", "clusters/{cluster}/plan/reject", {"version": 1}),
    ("post", "clusters/{cluster}/plan/comments", {"section": "colour", "body": "Why?"}),
    ("post", "plan_comments/{comment}", {}),
    ("post", "plan_questions/{question}/answer", {"answer": " "}),
]


@pytest.fixture
def rows(cluster: Cluster, alice: User) -> dict[str, int]:
    """A plan with a comment, a question and a drafting."""
    plan = factories.make_plan(cluster)
    (question,) = questions.replace(plan, [Question("Cents?", choices=["Yes", "No"])])
    comment = plan_comments.add(alice, plan, "steps", "Hm.")
    drafting.begin(alice, cluster, way="evidence", hint="")
    return {"cluster": cluster.pk, "comment": comment.pk, "question": question.pk}


def send(client: APIClient, verb: str, path: str, body: object = None) -> Any:
    return getattr(client, verb)(path, body, format="json")


@pytest.mark.parametrize("path", READS)
def test_who_reads(rows: dict[str, int], bob: User, carol: User, mallory: User, path: str) -> None:
    address = f"/api/clusters/{rows['cluster']}/{path}"
    for user, status in ((bob, 200), (carol, 200), (mallory, 404), (None, 401)):
        assert client_of(user).get(address).status_code == status


@pytest.mark.parametrize(("verb", "path", "body"), WRITES)
def test_who_writes(
    rows: dict[str, int],
    bob: User,
    carol: User,
    mallory: User,
    verb: str,
    path: str,
    body: dict[str, Any],
) -> None:
    address = "/api/" + path.format(**rows)
    for user, allowed in ((None, {401}), (mallory, {404}), (carol, {403}), (bob, {200, 201, 202})):
        assert send(client_of(user), verb, address, body).status_code in allowed


@pytest.mark.parametrize(("verb", "path"), WRONG)
def test_a_wrong_verb_is_refused(rows: dict[str, int], bob: User, verb: str, path: str) -> None:
    assert send(client_of(bob), verb, "/api/" + path.format(**rows)).status_code == 405


@pytest.mark.parametrize(("verb", "path", "body"), NONSENSE)
def test_nonsense_is_explained(
    rows: dict[str, int], bob: User, verb: str, path: str, body: dict[str, Any]
) -> None:
    answer = send(client_of(bob), verb, "/api/" + path.format(**rows), body)
    assert answer.status_code == 400
    assert answer.json()["code"]


def test_in_the_background_it_is_answered_at_once_and_followed(cluster: Cluster, bob: User) -> None:
    factories.make_item(factories.make_source(cluster.project), cluster=cluster)
    client, address = client_of(bob), f"/api/clusters/{cluster.pk}/plan"
    answer = send(client, "post", address, {"background": True, "hint": "Mind the cents."})
    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["plan"]) == ("waiting", None)
    assert client.get(address).status_code == 404
    drafting.run(answer.json()["id"])
    told = client.get(f"{address}/drafting").json()
    assert (told["state"], told["plan"], told["requested_by"]) == ("done", 1, "bob")
    plan = client.get(address).json()
    assert (plan["hint"], plan["made_by"]) == ("Mind the cents.", "evidence")
    assert plan["audit"]["seconds"] >= 0


def test_before_any_was_asked_for_there_is_none(cluster: Cluster, bob: User) -> None:
    answer = client_of(bob).get(f"/api/clusters/{cluster.pk}/plan/drafting")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_drafting")


def test_a_plan_at_once_says_what_it_heeded(cluster: Cluster, bob: User) -> None:
    address = f"/api/clusters/{cluster.pk}/plan"
    answer = send(client_of(bob), "post", address, {"way": "evidence", "hint": "Mind the cents."})
    assert answer.status_code == 201
    assert "Mind the cents." in answer.json()["content"]["steps"][0]
    answer = send(client_of(bob), "post", address, {"way": "model"})
    assert (answer.status_code, answer.json()["code"]) == (409, "plan_not_written")


def test_what_was_said_is_kept(rows: dict[str, int], bob: User) -> None:
    client = client_of(bob)
    for verb, path, body in WRITES[1:]:
        send(client, verb, "/api/" + path.format(**rows), body)
    assert Plan.objects.get(cluster=rows["cluster"]).rejected_at is None  # taken back
    assert PlanComment.objects.get(pk=rows["comment"]).resolved_by == bob
    assert PlanQuestion.objects.get(pk=rows["question"]).answer == "Cents."
    said = client.get(f"/api/clusters/{rows['cluster']}/plan/comments").json()["results"]
    assert [one["body"] for one in said] == ["Hm.", "Why?"]
