"""What people did, in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from credentials.models import AuditEvent, User

SHOWN = 200

_SENTENCES = {
    "cluster.edited": "edited the title",
    "cluster.dismissed": "dismissed the cluster",
    "cluster.reopened": "reopened the cluster",
    "cluster.merged": "merged other clusters into this one",
    "cluster.split": "split reports off",
    "cluster.moved": "moved reports here",
    "cluster.locked": "locked the cluster",
    "cluster.unlocked": "unlocked the cluster",
    "cluster.change_undone": "undid: {what}",
    "cluster.change_redone": "did again: {what}",
    "plan.generated": "wrote version {version} of the plan",
    "plan.edited": "edited the plan: version {version}",
    "plan.approved": "approved version {version} of the plan",
    "plan.approval_withdrawn": "took back the approval of version {version}",
    "job.started": "started the job with {runner}",
    "job.proposed": "proposes a fix: {reporters} people reported this",
    "job.proposal_approved": "started the proposed job",
    "job.proposal_rejected": "rejected the proposed job",
    "job.priority_changed": "changed the priority from {before} to {after}",
    "job.cancelled": "cancelled the job",
    "job.approval_asked": "asks for a person's approval",
    "job.approved": "approved the change",
    "job.rejected": "rejected the change",
    "pull.ready": "marked the pull request ready",
    "pull.merged": "merged the pull request",
    "pull.closed": "closed the pull request",
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of an Activity tab."""

    actor: User | None
    sentence: str
    created_at: datetime


def happenings(events: QuerySet[AuditEvent]) -> list[Happening]:
    """The newest events as sentences."""
    return [Happening(event.actor, _sentence(event), event.created_at) for event in events[:SHOWN]]


def _sentence(event: AuditEvent) -> str:
    known = _SENTENCES.get(event.verb)
    if known is None:
        return event.verb.replace(".", " ").replace("_", " ")
    sentence = known
    for name, value in event.data.items():
        sentence = sentence.replace(f"{{{name}}}", str(value))
    reason = event.data.get("reason")
    return f"{sentence}: “{reason}”" if reason else sentence
