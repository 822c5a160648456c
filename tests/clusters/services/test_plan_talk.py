"""Comments, questions and rejections: who says what about a plan, and what follows from it."""

from __future__ import annotations

import pytest

from clusters.models import Cluster, FeedbackComment, PlanQuestion
from clusters.planner.base import Question
from clusters.services import plans
from clusters.services.plans import comments as plan_comments
from clusters.services.plans import questions
from clusters.services.plans import writing as plan_writing
from credentials.errors import Conflict, Forbidden, Invalid, NotFound
from credentials.models import AuditEvent, User
from tests import factories


def test_a_comment_is_said_settled_and_reopened(alice: User, bob: User, cluster: Cluster) -> None:
    plan = factories.make_plan(cluster)
    comment = plan_comments.add(bob, plan, "steps", " Which basket?\0 ")
    assert (comment.body, comment.section, comment.author) == ("Which basket?", "steps", bob)
    assert plan_comments.resolve(alice, comment).resolved_by == alice
    assert plan_comments.resolve(bob, comment).resolved_by == alice
    assert plan_comments.reopen(bob, comment).resolved_at is None
    assert list(plan_comments.of(cluster)) == [comment]
    verbs = set(AuditEvent.objects.values_list("verb", flat=True))
    assert {"plan.commented", "plan.comment_resolved", "plan.comment_reopened"} <= verbs


@pytest.mark.parametrize(
    ("section", "body"), [("steps", " "), ("steps", "x" * 5_001), ("colour", "x")]
)
def test_a_comment_about_nothing_is_refused(
    alice: User, cluster: Cluster, section: str, body: str
) -> None:
    with pytest.raises(Invalid):
        plan_comments.add(alice, factories.make_plan(cluster), section, body)


def test_comments_have_an_end(
    alice: User, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_comments, "MOST_COMMENTS", 1)
    plan = factories.make_plan(cluster)
    plan_comments.add(alice, plan, "", "One.")
    with pytest.raises(Conflict):
        plan_comments.add(alice, plan, "", "Two.")


def test_an_answer_goes_into_the_next_plan(alice: User, bob: User, cluster: Cluster) -> None:
    factories.make_item(factories.make_source(cluster.project), cluster=cluster)
    plan = factories.make_plan(cluster)
    (asked,) = questions.replace(plan, [Question("Which one?", "All", ["Cents", "Euros"])])
    assert questions.waiting(cluster) == [asked]
    questions.answer(bob, asked, "Cents, always.")
    assert questions.waiting(cluster) == []
    (answer,) = plan_writing.evidence_of(cluster).answers
    assert (answer.text, answer.chosen) == ("Cents, always.", False)
    new = plans.generate(alice, cluster)
    assert "The maintainer answered “Which one?”: “Cents, always.”" in new.draft.steps


def test_an_answer_that_was_chosen_is_known_to_be_in_others_words(
    alice: User, cluster: Cluster
) -> None:
    plan = factories.make_plan(cluster)
    (asked,) = questions.replace(plan, [Question("Which one?", "", ["Cents", "Euros"])])
    questions.answer(alice, asked, "Euros")
    assert questions.answers(cluster)[0].chosen


def test_at_most_three_wait_and_none_is_asked_twice(alice: User, cluster: Cluster) -> None:
    plan = factories.make_plan(cluster)
    first = questions.replace(plan, [Question(f"Question {n}?") for n in range(9)])
    assert len(first) == 3
    questions.answer(alice, first[0], "Yes.")
    questions.replace(plan, [Question("Question 0?"), Question("Another?")])
    assert [one.text for one in questions.waiting(cluster)] == ["Another?"]
    assert PlanQuestion.objects.filter(cluster=cluster).count() == 2


@pytest.mark.parametrize("text", ["", " \0", "x" * 2_001])
def test_an_answer_says_something(alice: User, cluster: Cluster, text: str) -> None:
    (asked,) = questions.replace(factories.make_plan(cluster), [Question("Which one?")])
    with pytest.raises(Invalid):
        questions.answer(alice, asked, text)


def test_a_question_that_is_asked_no_more_takes_no_answer(alice: User, cluster: Cluster) -> None:
    plan = factories.make_plan(cluster)
    (asked,) = questions.replace(plan, [Question("Which one?")])
    questions.replace(plan, [Question("Which other one?")])
    with pytest.raises(Conflict) as refusal:
        questions.answer(alice, asked, "The first.")  # as it was read before
    assert refusal.value.code == "question_gone"


def test_a_comment_is_kept_with_its_line_in_the_log_or_not_at_all(
    alice: User, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(**_: object) -> None:
        raise SystemExit

    plan = factories.make_plan(cluster)
    monkeypatch.setattr("clusters.services.plans.comments.audit.record", killed)
    with pytest.raises(SystemExit):
        plan_comments.add(alice, plan, "", "Why?")
    assert not plan_comments.of(cluster).exists()


def test_a_rejection_ends_an_approval_and_an_approval_a_rejection(
    alice: User, bob: User, cluster: Cluster
) -> None:
    factories.make_plan(cluster, approved_by=alice)
    plan = plans.reject(bob, cluster, version=1, reason=" It misses the basket. ")
    assert (plan.is_approved, plan.rejected_by) == (False, bob)
    assert plan.rejected_reason == "It misses the basket."
    plan = plans.approve(alice, cluster, version=1)
    assert (plan.is_approved, plan.rejected_at, plan.rejected_reason) == (True, None, "")


def test_a_rejection_can_be_taken_back(alice: User, cluster: Cluster) -> None:
    factories.make_plan(cluster)
    plans.reject(alice, cluster, version=1, reason="No.")
    assert plans.withdraw_rejection(alice, cluster).rejected_at is None


def test_a_rejection_has_a_reason_and_a_version_that_was_read(
    alice: User, cluster: Cluster
) -> None:
    with pytest.raises(NotFound):
        plans.reject(alice, cluster, version=1, reason="No.")
    factories.make_plan(cluster)
    for reason in ("", " ", "x" * 2_001):
        with pytest.raises(Invalid):
            plans.reject(alice, cluster, version=1, reason=reason)
    with pytest.raises(Conflict):
        plans.reject(alice, cluster, version=2, reason="No.")


def test_a_viewer_says_nothing(carol: User, cluster: Cluster) -> None:
    plan = factories.make_plan(cluster)
    (asked,) = questions.replace(plan, [Question("Which one?")])
    for act in (
        lambda: plan_comments.add(carol, plan, "steps", "Hm."),
        lambda: questions.answer(carol, asked, "Yes."),
        lambda: plans.reject(carol, cluster, version=1, reason="No."),
        lambda: plans.withdraw_rejection(carol, cluster),
    ):
        with pytest.raises(Forbidden):
            act()


def test_planners_read_comments_and_stack_traces_too(cluster: Cluster) -> None:
    frame = {"file": "src/basket.py", "function": "total", "module": "", "line": 7, "in_app": True}
    trace = [{"type": "ValueError", "value": "no cents", "mechanism": "", "frames": [frame]}]
    source = factories.make_source(cluster.project)
    item = factories.make_item(source, cluster=cluster, trace=trace, body="It broke.")
    FeedbackComment.objects.create(item=item, external_id="1", body="Here, too.")
    FeedbackComment.objects.create(item=item, external_id="2", body=" ")
    (report,) = plan_writing.evidence_of(cluster).items
    assert report.comments == ["Here, too."]
    assert "It broke." in report.body
    assert "src/basket.py" in report.body
    assert "ValueError: no cents" in report.body
