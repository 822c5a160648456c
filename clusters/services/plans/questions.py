"""What planners want to know from a maintainer: at most three at a time, answered once for all."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from clusters.models import Cluster, Plan, PlanQuestion
from clusters.planner.base import MOST_QUESTIONS, Answer, Question
from credentials.errors import Conflict, Invalid
from credentials.models import User
from credentials.services import audit, teams

MOST_ANSWER = 2_000  # characters
_HEEDED = 20  # answers that a planner is told, the newest


def of(cluster: Cluster) -> QuerySet[PlanQuestion]:
    """All of a cluster's, those first that nobody answered."""
    return cluster.questions.select_related("answered_by").order_by("-answered_at", "id")


def waiting(cluster: Cluster) -> list[PlanQuestion]:
    """Those that nobody answered yet."""
    return list(cluster.questions.filter(answered_at=None).order_by("id"))


def answers(cluster: Cluster) -> list[Answer]:
    """What a maintainer said, for the next planner."""
    answered = cluster.questions.exclude(answered_at=None).order_by("-answered_at")[:_HEEDED]
    return [Answer(one.text, one.answer, one.answer in one.choices) for one in answered]


@transaction.atomic
def replace(plan: Plan, asked: Sequence[Question]) -> list[PlanQuestion]:
    """What the planner of this version asks; what nobody answered before is asked no more."""
    PlanQuestion.objects.filter(cluster=plan.cluster_id, answered_at=None).delete()
    known = set(PlanQuestion.objects.filter(cluster=plan.cluster_id).values_list("text", flat=True))
    new = [one for one in asked if one.text[:500] not in known][:MOST_QUESTIONS]
    return PlanQuestion.objects.bulk_create(
        PlanQuestion(
            cluster_id=plan.cluster_id,
            plan=plan,
            text=one.text[:500],
            why=one.why[:500],
            choices=[choice[:500] for choice in one.choices[:4]],
        )
        for one in new
    )


@transaction.atomic
def answer(user: User, question: PlanQuestion, text: str) -> PlanQuestion:
    """Say it, or say it better; the next plan heeds it. Raises Invalid for nothing or too much."""
    team = question.cluster.project.team
    teams.require_writer(user, team)
    said = text.replace("\0", "").strip()
    if not said or len(said) > MOST_ANSWER:
        told = f"An answer has 1 to {MOST_ANSWER:,} characters."
        raise Invalid("answer_invalid", told, fields={"answer": [told]})
    # A planner that ended meanwhile may have asked something else instead.
    if not PlanQuestion.objects.select_for_update(no_key=True).filter(pk=question.pk).exists():
        gone = "This question is not asked any more: look at the newest plan."
        raise Conflict("question_gone", gone)
    question.answer, question.answered_by, question.answered_at = said, user, timezone.now()
    question.save(update_fields=["answer", "answered_by", "answered_at"])
    told_of = {"question": question.pk, "text": question.text[:200], "answer": said[:200]}
    audit.record(
        actor=user, team=team, verb="plan.question_answered", target=question.cluster, **told_of
    )
    return question
