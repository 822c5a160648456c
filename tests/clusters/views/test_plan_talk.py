"""The plan page: compared, judged, talked about, written in the background."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clusters.models import Cluster, Plan, PlanComment, PlanDrafting, PlanQuestion
from clusters.planner.base import Question
from clusters.services import plans
from clusters.services.plans import comments as plan_comments
from clusters.services.plans import drafting, questions
from credentials.models import User
from tests import factories

HTMX = {"HX-Request": "true"}


@pytest.fixture
def plan(cluster: Cluster) -> Plan:
    return factories.make_plan(cluster, steps=["Correct the sum in the basket.", "Run it."])


@pytest.fixture
def comment(plan: Plan, alice: User) -> PlanComment:
    return plan_comments.add(alice, plan, "steps", "Which basket?")


@pytest.fixture
def question(plan: Plan) -> PlanQuestion:
    (asked,) = questions.replace(plan, [Question("Cents?", "It decides.", ["Yes", "No"])])
    return asked


def page_of(client: Client, cluster: Cluster, query: str = "") -> str:
    answer = client.get(reverse("cluster_plan", args=[cluster.pk]) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def addresses(
    cluster: Cluster, comment: PlanComment, question: PlanQuestion
) -> list[tuple[str, dict[str, Any]]]:
    """Every address that changes something."""
    return [
        (reverse("plan_generate", args=[cluster.pk]), {"hint": "Mind it."}),
        (reverse("plan_reject", args=[cluster.pk]), {"version": 1, "reason": "No."}),
        (reverse("plan_unreject", args=[cluster.pk]), {}),
        (
            reverse("plan_comment", args=[cluster.pk]),
            {"version": 1, "section": "steps", "body": "Why?"},
        ),
        (reverse("plan_comment_resolve", args=[comment.pk]), {}),
        (reverse("plan_comment_reopen", args=[comment.pk]), {}),
        (reverse("question_answer", args=[question.pk]), {"answer": "Yes"}),
    ]


def test_who_may(
    client: Client,
    bob: User,
    carol: User,
    mallory: User,
    cluster: Cluster,
    comment: PlanComment,
    question: PlanQuestion,
) -> None:
    for address, body in addresses(cluster, comment, question):
        client.logout()
        assert "/login/" in client.post(address, body)["Location"]
        client.force_login(mallory)
        assert client.post(address, body).status_code == 404, address
        client.force_login(carol)
        assert client.post(address, body).status_code == 403, address
        client.force_login(bob)
        assert client.get(address).status_code == 405, address
        assert client.post(address, body).status_code == 302, address


def test_two_versions_are_compared_word_by_word(
    client: Client, bob: User, cluster: Cluster, plan: Plan
) -> None:
    steps = ["Correct the rounding in the basket.", "Run it.", "Look at <b>receipts</b>."]
    plans.edit(bob, cluster, {"steps": steps}, version=1)
    client.force_login(bob)
    page = page_of(client, cluster, "?version=2&against=1")
    assert "Correct the <del>sum</del> in the basket." in page
    assert "Correct the <ins>rounding</ins> in the basket." in page
    assert "<ins>Look at &lt;b&gt;receipts&lt;/b&gt;.</ins>" in page
    assert "<h2" in page
    assert "Acceptance criteria</h2>" not in page
    backwards = page_of(client, cluster, "?version=1&against=2")
    assert "<del>rounding</del>" in backwards
    assert "say the same" in page_of(client, cluster, "?version=2&against=2")


@pytest.mark.parametrize(
    "query", ["?version=9", "?version=1&against=9", "?version=x", "?against=²"]
)
def test_a_version_that_is_not_there_is_404(
    client: Client, bob: User, cluster: Cluster, plan: Plan, query: str
) -> None:
    client.force_login(bob)
    assert client.get(reverse("cluster_plan", args=[cluster.pk]) + query).status_code == 404


def test_writing_is_answered_at_once_and_then_followed(
    client: Client, bob: User, cluster: Cluster
) -> None:
    client.force_login(bob)
    client.post(reverse("plan_generate", args=[cluster.pk]), {"hint": "Mind the cents."})
    (wanted,) = PlanDrafting.objects.all()
    assert "It waits for a worker." in page_of(client, cluster)
    progress = reverse("plan_drafting", args=[cluster.pk])
    drafting.say(wanted, "The repository is read.")
    assert "The repository is read." in client.get(progress, headers=HTMX).content.decode()
    drafting.run(wanted.pk)
    assert client.get(progress, headers=HTMX)["HX-Refresh"] == "true"
    assert client.get(progress)["Location"] == reverse("cluster_plan", args=[cluster.pk])
    page = page_of(client, cluster)
    assert "Mind the cents." in page
    assert "It waits for a worker." not in page


def test_how_far_it_is_tells_others_nothing(
    client: Client, mallory: User, carol: User, cluster: Cluster
) -> None:
    address = reverse("plan_drafting", args=[cluster.pk])
    assert "/login/" in client.get(address)["Location"]
    client.force_login(mallory)
    assert client.get(address, headers=HTMX).status_code == 404
    client.force_login(carol)
    assert client.get(address, headers=HTMX).status_code == 200
    assert client.post(address).status_code == 405


def test_a_failure_says_what_happened_and_offers_the_evidence(
    client: Client, bob: User, cluster: Cluster
) -> None:
    wanted, _ = drafting.begin(bob, cluster, way="model", hint="Mind the cents.")
    drafting.fail(wanted, "The provider refused the key.")
    client.force_login(bob)
    page = page_of(client, cluster)
    assert "The provider refused the key." in page
    assert "Write it from the evidence" in page
    client.post(
        reverse("plan_generate", args=[cluster.pk]), {"way": "evidence", "hint": "Mind the cents."}
    )
    again = PlanDrafting.objects.latest("id")
    assert (again.way, again.hint) == ("evidence", "Mind the cents.")


def test_a_rejection_is_shown_and_its_reason_is_the_next_hint(
    client: Client, bob: User, cluster: Cluster, plan: Plan
) -> None:
    client.force_login(bob)
    client.post(
        reverse("plan_reject", args=[cluster.pk]), {"version": 1, "reason": "It is the <import>."}
    )
    page = page_of(client, cluster)
    assert "It is the &lt;import&gt;." in page
    assert "Write it anew with this reason" in page
    client.post(reverse("plan_generate", args=[cluster.pk]), {"hint": "It is the <import>."})
    drafting.run(PlanDrafting.objects.get().pk)
    newest = plans.current(cluster)
    assert newest is not None
    assert (newest.version, newest.hint) == (2, "It is the <import>.")


def test_comments_stand_at_their_section(
    client: Client, bob: User, cluster: Cluster, comment: PlanComment
) -> None:
    client.force_login(bob)
    page = page_of(client, cluster)
    steps = page.split('id="steps"')[1].split('id="criteria"')[0]
    assert "Which basket?" in steps
    answer = client.post(reverse("plan_comment_resolve", args=[comment.pk]), headers=HTMX)
    fragment = answer.content.decode()
    assert "<html" not in fragment
    assert "Resolved by bob" in fragment
    assert "Reopen" in fragment
    back = client.post(reverse("plan_comment_reopen", args=[comment.pk]))
    assert back["Location"].endswith("#steps")


def test_an_empty_comment_is_refused_and_what_was_typed_is_kept(
    client: Client, bob: User, cluster: Cluster, plan: Plan
) -> None:
    client.force_login(bob)
    body = {"version": 1, "section": "steps", "body": "x" * 5_001}
    answer = client.post(reverse("plan_comment", args=[cluster.pk]), body, headers=HTMX)
    assert "1 to 5,000 characters" in answer.content.decode()
    assert "x" * 5_001 in answer.content.decode()
    assert not PlanComment.objects.exists()


@pytest.mark.parametrize("version", ["", "x", "9", "²", "9" * 30])
def test_a_comment_on_no_version_is_404(
    client: Client, bob: User, cluster: Cluster, plan: Plan, version: str
) -> None:
    client.force_login(bob)
    body = {"version": version, "section": "steps", "body": "Why?"}
    assert client.post(reverse("plan_comment", args=[cluster.pk]), body).status_code == 404


def test_a_question_is_answered_by_a_choice_or_in_own_words(
    client: Client, bob: User, cluster: Cluster, question: PlanQuestion
) -> None:
    client.force_login(bob)
    assert 'value="Yes"' in page_of(client, cluster)
    address = reverse("question_answer", args=[question.pk])
    client.post(address, {"answer": "Yes", "own": ""})
    question.refresh_from_db()
    assert question.answer == "Yes"
    client.post(address, {"answer": "Yes", "own": "Only <cents>."})
    question.refresh_from_db()
    assert question.answer == "Only <cents>."
    assert "Only &lt;cents&gt;." in page_of(client, cluster)


def test_a_viewer_reads_what_was_said_and_gets_no_form(
    client: Client, carol: User, cluster: Cluster, comment: PlanComment, question: PlanQuestion
) -> None:
    client.force_login(carol)
    page = page_of(client, cluster)
    assert "Which basket?" in page
    assert "Cents?" in page
    assert "<form" not in page.split("<main")[1].split("</main>")[0]


def test_the_digest_is_there_to_be_copied(
    client: Client, bob: User, cluster: Cluster, plan: Plan
) -> None:
    client.force_login(bob)
    page = page_of(client, cluster)
    assert plan.digest[:12] in page
    assert 'data-copy="plan-digest"' in page


def test_of_very_many_versions_the_newest_are_listed_and_all_can_be_read(
    client: Client, alice: User, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.views.plan.VERSIONS_SHOWN", 2)
    plan = factories.make_plan(cluster)
    for number in range(3):
        plans.edit(alice, cluster, {"summary": f"Cents {number}."}, version=plan.version + number)
    client.force_login(alice)
    page = reverse("cluster_plan", args=[cluster.pk])
    listed = client.get(page).context["versions"]
    assert [(row.version, changed) for row, changed in listed] == [(4, "summary"), (3, "summary")]
    assert client.get(f"{page}?version=1").context["shown"].version == 1
    assert client.get(f"{page}?version=4&against=1").context["against"].version == 1
