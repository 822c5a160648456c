"""What viewers of a log are told about its job."""

from __future__ import annotations

from agents.logs.messages import State, StepMessage
from agents.logs.reading import moment
from agents.models import Execution, Job, Step


def look(job_id: int) -> tuple[State | None, tuple[int, int] | None]:
    """The job's state now, with id and number of its newest attempt; None for what is not there."""
    job = Job.objects.filter(pk=job_id).only("status", "outcome").first()
    if job is None:
        return None, None
    newest = job.executions.order_by("-number").only("number").first()
    state = State(
        type="state",
        status=job.status,
        outcome=job.outcome,
        ended=job.is_ended,
        execution=newest.number if newest else None,
        steps=steps_of(newest) if newest else [],
    )
    return state, (newest.pk, newest.number) if newest else None


def steps_of(execution: Execution) -> list[StepMessage]:
    """The steps that began, without their results, which may be large."""
    rows = Step.objects.filter(execution=execution).defer("result", "error").order_by("id")
    return [_message(step) for step in rows]


def _message(step: Step) -> StepMessage:
    runs = step.status == Step.Status.RUNNING
    return {
        "name": step.name,
        "round": step.round,
        "status": step.status,
        "first": step.first_seq,
        "last": None if runs else step.last_seq,
        "started": moment(step.started_at),
        "finished": moment(step.finished_at) if step.finished_at else None,
    }
