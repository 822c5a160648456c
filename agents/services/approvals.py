"""A person's word on what a job waits for: the gate before a push, or somebody who starts it."""

from __future__ import annotations

import math
from typing import Literal, cast

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from agents import queue
from agents.logs.hints import notify_job_changed
from agents.models import Execution, Job
from agents.services import starting
from agents.services.starting import START, Wish
from clusters.forges.base import ForgeError
from clusters.services.projects import repositories
from credentials.errors import Conflict, Invalid
from credentials.models import User
from credentials.services import audit, teams

PUSH = "push"  # the gate: nothing leaves before somebody has looked at it
APPROVED, REJECTED = "approved", "rejected"
LONGEST_COMMENT = 2_000  # characters

Decision = Literal["", "approved", "rejected"]

_WAITED = "seconds-at-gate"  # in the execution's memory


def approve(user: User, job: Job, comment: str = "") -> Job:
    """Let the job go on. Raises Conflict when it does not wait, or somebody was faster.

    Who approves a job that nobody started is its requester from then on: rights, keys and limits
    are theirs, and it is refused for the same reasons as `jobs.start_fix`.
    """
    if job.approval == START:
        return _start(user, job, _checked(user, job, comment))
    return _decide(user, job, APPROVED, comment)


def reject(user: User, job: Job, comment: str = "") -> Job:
    """End the job without what it waited to do; Conflict as for `approve`."""
    if job.approval == START:
        return _turn_down(user, job, _checked(user, job, comment))
    return _decide(user, job, REJECTED, comment)


def decision_of(job: Job) -> Decision:
    """What was decided about a job; '' while nobody has."""
    known = job.decision in {APPROVED, REJECTED}
    return cast("Decision", job.decision) if known else ""


def seconds_waited(job_id: int) -> int:
    """How long a job has waited for a person until now; 0 for one that does not wait.

    Holds its row until the transaction ends.
    """
    waits = Job.objects.select_for_update().filter(pk=job_id, status=Job.Status.AWAITING_APPROVAL)
    # The moment when the last worker gave its lease back.
    row = waits.annotate(now=Now()).values_list("lease_until", "now").first()
    if row is None or row[0] is None:
        return 0
    return max(0, math.ceil((row[1] - row[0]).total_seconds()))


def seconds_at_gate(job: Job) -> float:
    """How long a job waited at the gate, which is a part of `paused_seconds`."""
    begun = Execution.objects.filter(job=job, status=Execution.Status.RUNNING)
    memory = begun.values_list("memory", flat=True).first() or {}
    return float(memory.get(_WAITED, 0))


def end_wait(job_id: int, waited: int) -> None:
    """Keep how long a job waited, once it does not any more; call it in that transaction."""
    Job.objects.filter(pk=job_id).update(paused_seconds=F("paused_seconds") + waited)
    begun = Execution.objects.filter(job=job_id, status=Execution.Status.RUNNING)
    for execution in begun:
        before = float(execution.memory.get(_WAITED, 0))
        execution.memory = {**execution.memory, _WAITED: str(before + waited)}
        execution.save(update_fields=["memory"])


def _checked(user: User, job: Job, comment: str) -> str:
    """The comment of somebody who may decide."""
    teams.require_writer(user, job.project.team)
    comment = comment.replace("\0", "").strip()
    if len(comment) > LONGEST_COMMENT:
        text = f"A comment has at most {LONGEST_COMMENT:,} characters."
        raise Invalid("comment_too_long", text, fields={"comment": [text]})
    return comment


def _start(user: User, job: Job, comment: str) -> Job:
    """The job begins as this person's own."""
    if not _waits(job):
        raise _not_waiting(job)
    assert job.cluster is not None  # else it was ended with its cluster
    wanted = starting.order(user, job.cluster, Wish())
    begun, _ = starting.begin(user, job.cluster, wanted, proposal=job, comment=comment)
    notify_job_changed(begun.pk)
    return begun


def _turn_down(user: User, job: Job, comment: str) -> Job:
    """End a job that nobody started: no worker has seen it, and its cluster is where it was."""
    said = f"{user} rejected the proposal{f': {comment}' if comment else '.'}"
    with transaction.atomic():
        changed = Job.objects.filter(
            pk=job.pk, status=Job.Status.AWAITING_APPROVAL, approval=START, cancel_requested_at=None
        ).update(
            status=Job.Status.COMPLETED,
            outcome=REJECTED,
            outcome_detail=said,
            finished_at=Now(),
            decision=REJECTED,
            decided_by=user,
            decided_at=Now(),
            decision_comment=comment,
            lease_until=None,
        )
        if not changed:
            raise _not_waiting(job)
        team = job.project.team
        audit.record(
            actor=user, team=team, verb="job.proposal_rejected", target=job, reason=comment
        )
    notify_job_changed(job.pk)
    job.refresh_from_db()
    return job


def _waits(job: Job) -> bool:
    return Job.objects.filter(
        pk=job.pk, status=Job.Status.AWAITING_APPROVAL, cancel_requested_at=None
    ).exists()


def _decide(user: User, job: Job, decision: str, comment: str) -> Job:
    comment = _checked(user, job, comment)
    if decision == APPROVED:
        _require_sight(user, job)
    with transaction.atomic():
        waited = seconds_waited(job.pk)
        # Two people at once: the update lets one of them through.
        changed = Job.objects.filter(
            pk=job.pk, status=Job.Status.AWAITING_APPROVAL, cancel_requested_at=None
        ).update(
            status=Job.Status.PENDING,
            decision=decision,
            decided_by=user,
            decided_at=Now(),
            decision_comment=comment,
            lease_until=Now(),  # from here on it waits for a worker
        )
        if not changed:
            raise _not_waiting(job)
        end_wait(job.pk, waited)
        audit.record(
            actor=user,
            team=job.project.team,
            verb=f"job.{decision}",
            target=job,
            approval=job.approval,
            reason=comment,
        )
        queue.run_job(job.pk)
    notify_job_changed(job.pk)
    job.refresh_from_db()
    return job


def _require_sight(user: User, job: Job) -> None:
    """Nobody can stand for a change that they may not see."""
    try:
        repositories.require_read(job.project, user)
    except ForgeError as error:
        raise Conflict(error.code, str(error), fix_url=error.fix_url) from error


def _not_waiting(job: Job) -> Conflict:
    now = Job.objects.select_related("decided_by", "cancelled_by").get(pk=job.pk)
    if now.decision:
        who = str(now.decided_by or "Somebody")
        return Conflict("already_decided", f"{who} {now.decision} this change already.")
    if now.cancel_requested_at:
        who = str(now.cancelled_by or "Somebody")
        return Conflict("job_cancelled", f"{who} cancelled this job already.")
    return Conflict("not_waiting", "This job does not wait for anybody's approval.")
