"""What people say about a plan's sections, until it is settled."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from clusters.models import Cluster, Plan, PlanComment
from clusters.planner.base import PlanDraft
from credentials.errors import Conflict, Invalid
from credentials.models import User
from credentials.services import audit, teams

MOST_BODY = 5_000  # characters
MOST_COMMENTS = 500  # of one cluster


def of(cluster: Cluster) -> QuerySet[PlanComment]:
    """All on any version, oldest first."""
    comments = PlanComment.objects.filter(plan__cluster=cluster).order_by("id")
    return comments.select_related("author", "resolved_by", "plan")


@transaction.atomic
def add(user: User, plan: Plan, section: str, body: str) -> PlanComment:
    """Say something about a section of this version ('': about all of it)."""
    team = plan.cluster.project.team
    teams.require_writer(user, team)
    said = body.replace("\0", "").strip()
    if not said or len(said) > MOST_BODY:
        text = f"A comment has 1 to {MOST_BODY:,} characters."
        raise Invalid("comment_invalid", text, fields={"body": [text]})
    if section and section not in PlanDraft.model_fields:
        text = "A plan has no such section."
        raise Invalid("section_unknown", text, fields={"section": [text]})
    if of(plan.cluster).count() >= MOST_COMMENTS:
        text = f"There are {MOST_COMMENTS} comments on this plan already; no more are taken."
        raise Conflict("too_many_comments", text)
    comment = PlanComment.objects.create(plan=plan, section=section, body=said, author=user)
    told = {"version": plan.version, "section": section, "comment": comment.pk}
    audit.record(actor=user, team=team, verb="plan.commented", target=plan.cluster, **told)
    return comment


def resolve(user: User, comment: PlanComment) -> PlanComment:
    """It is settled; once more does no harm."""
    return _settle(user, comment, settled=True)


def reopen(user: User, comment: PlanComment) -> PlanComment:
    """It is not settled after all (undo)."""
    return _settle(user, comment, settled=False)


@transaction.atomic
def _settle(user: User, comment: PlanComment, *, settled: bool) -> PlanComment:
    cluster = comment.plan.cluster
    teams.require_writer(user, cluster.project.team)
    if (comment.resolved_at is not None) == settled:
        return comment
    comment.resolved_at = timezone.now() if settled else None
    comment.resolved_by = user if settled else None
    comment.save(update_fields=["resolved_at", "resolved_by"])
    verb = "plan.comment_resolved" if settled else "plan.comment_reopened"
    audit.record(
        actor=user, team=cluster.project.team, verb=verb, target=cluster, comment=comment.pk
    )
    return comment
