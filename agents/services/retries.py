"""Trying an ended job again: from which steps that can be, and what it left for them.

Everything here was written by the platform under the job's lease. What is taken over is checked
once more by `agents.pipelines.taking` when the new job runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from agents.models import Artifact, Execution, Job, Step
from agents.pipelines import keeping
from agents.pipelines.base import Stop
from agents.pipelines.earlier import Done, Earlier
from agents.pipelines.records import AgentRound, Baseline, Checkout, Verification
from agents.services import approvals, evidence, runners, starting
from credentials.errors import Conflict, Invalid

T = TypeVar("T")

PREFLIGHT, AGENT, VERIFY, PUBLISH = "preflight", "agent", "verify", "publish"
_TAKES_COMMITS = {VERIFY, PUBLISH}
_READ = ("checkout", "baseline", "agent", "verify")
_WITHOUT = {
    AGENT: "The job ended before the code was checked out.",
    VERIFY: "The agent left no commits.",
    PUBLISH: "No tests were run on the agent's commits.",
}
_PLANS = "This job wrote a plan: have it written anew on the cluster's page."
_NOT_KEPT = "The agent's commits are not kept: they were too large, or must not leave."


@dataclass(frozen=True, slots=True)
class RetryStep:
    """A step to begin with. `why_not` says why an ended job does not offer it, '' when it does."""

    name: str
    title: str
    says: str
    why_not: str = ""

    @property
    def is_offered(self) -> bool:
        """Whether it can be chosen."""
        return not self.why_not


_STEPS = (
    RetryStep(PREFLIGHT, "From the beginning", "With the newest plan and the newest code."),
    RetryStep(
        AGENT,
        "From the agent",
        "On the same code and by the same plan. The tests before the change are taken over when "
        "they ran in the same environment.",
    ),
    RetryStep(
        VERIFY,
        "From the tests after the change",
        "The agent's commits are taken over and tested again. No agent works.",
    ),
    RetryStep(
        PUBLISH,
        "From the guard and publishing",
        "Commits and receipts are taken over. The guard looks again, then the change is pushed.",
    ),
)


@dataclass(frozen=True, slots=True)
class _Left:
    """What one attempt left."""

    execution: Execution
    checkout: Checkout
    baseline: Baseline | None = None
    round: AgentRound | None = None
    verification: Verification | None = None
    has_bundle: bool = False

    @property
    def reach(self) -> int:
        """How far it came."""
        return 1 + bool(self.baseline) + bool(self.round) + bool(self.verification)


def retryable_steps(job: Job) -> list[RetryStep]:
    """Every step of a retry in order, with why this ended job does not offer it, if so."""
    refusal = _refusal(job)
    left = None if refusal else _left(job)
    plan_refusal = "" if refusal else _plan_refusal(job)
    return [_explained(step, refusal or _why_not(step.name, left, plan_refusal)) for step in _STEPS]


def check(job: Job, from_step: str) -> str:
    """The step to write into the new job, '' for the beginning.

    Raises Invalid `step_unknown`; Conflict `job_active`, `cluster_gone`, and `step_not_offered`
    with those that are.
    """
    if not job.is_ended:
        raise Conflict("job_active", "This job has not ended yet.")
    if job.cluster is None:
        raise Conflict("cluster_gone", "This job's cluster is not there any more.")
    if job.kind == Job.Kind.PLAN:
        raise Conflict("not_retryable", _PLANS)
    if from_step in {"", PREFLIGHT}:
        return ""
    steps = {step.name: step for step in retryable_steps(job)}
    if from_step not in steps:
        text = f"A retry begins with one of {', '.join(steps)}."
        raise Invalid("step_unknown", text, fields={"from_step": [text]})
    if why_not := steps[from_step].why_not:
        starting.require_open(job.cluster)
        offered = [name for name, step in steps.items() if step.is_offered]
        raise Conflict("step_not_offered", why_not, steps=offered)
    return from_step


def earlier(job: Job) -> Earlier | None:
    """What a retry takes over; None for a job that begins at the beginning.

    Raises Stop when the job that it retries has lost what is needed.
    """
    if not job.from_step:
        return None
    source = job.retry_of
    left = _left(source) if source else None
    if source is None or left is None or _why_not(job.from_step, left, ""):
        said = "What the earlier job left is not there any more: begin at the beginning."
        raise Stop("worker_lost", said)
    done = _done(source, left, job.from_step) if job.from_step in _TAKES_COMMITS else None
    return Earlier(source.pk, job.from_step, left.checkout.base, left.baseline, done)


def _done(source: Job, left: _Left, from_step: str) -> Done:
    assert left.round is not None  # checked with the bundle
    maker = Job.objects.filter(pk=left.round.taken_from or source.pk).first() or source
    named = runners.named(maker.runner, maker.requested_by, maker.project.team, maker.model)
    return Done(
        job_id=left.round.taken_from or source.pk,
        start=left.checkout.start,
        round=left.round,
        bundle=evidence.kept(left.execution, keeping.KIND, keeping.NAME),
        runner_name=maker.runner,
        runner_title=named.title,
        requester=str(maker.requested_by or "somebody"),
        verification=_of_earlier(left.verification, source) if from_step == PUBLISH else None,
        asked_gate=_asked_gate(source),
    )


def _of_earlier(known: Verification | None, source: Job) -> Verification | None:
    """Receipts with the job that measured them, which need not be the one that made the commits."""
    if known is None or known.taken_from:
        return known
    return Verification(known.head, known.reproduction, known.judgement, source.pk)


def _asked_gate(job: Job | None) -> bool:
    """Whether a person was asked about these commits and has not approved them."""
    while job is not None:
        if job.approval == approvals.PUSH:
            return job.decision != approvals.APPROVED
        job = job.retry_of if job.from_step in _TAKES_COMMITS else None
    return False


def _refusal(job: Job) -> str:
    """Why nothing can be retried; '' when something can."""
    if not job.is_ended:
        return "This job has not ended yet."
    if job.cluster is None:
        return "This job's cluster is not there any more."
    if job.kind == Job.Kind.PLAN:
        return _PLANS
    try:
        starting.require_open(job.cluster)
    except Conflict as error:
        return error.message
    return ""


def _plan_refusal(job: Job) -> str:
    """Why its own plan cannot be carried out once more; '' when it can."""
    try:
        starting.require_approved(job.project, job.plan)
    except Conflict as error:
        return error.message
    return ""


def _why_not(name: str, left: _Left | None, plan_refusal: str) -> str:
    if name == PREFLIGHT:
        return ""
    if left is None:
        return _WITHOUT[AGENT]
    if name in _TAKES_COMMITS:
        if left.round is None:
            return _WITHOUT[VERIFY]
        if not left.has_bundle:
            return _NOT_KEPT
    if name == PUBLISH and (left.verification is None or left.baseline is None):
        return _WITHOUT[PUBLISH]
    return plan_refusal


def _left(job: Job) -> _Left | None:
    """What the attempt left that came furthest, the newest of those; None before a checkout."""
    attempts = Execution.objects.filter(job=job).order_by("-number")
    found = [left for left in map(_left_by, attempts) if left is not None]
    return max(found, key=lambda left: left.reach, default=None)


def _left_by(execution: Execution) -> _Left | None:
    ended = Step.objects.filter(execution=execution, status=Step.Status.COMPLETED, name__in=_READ)
    steps = list(ended.order_by("-round"))
    checkouts = _read(steps, "checkout", Checkout)
    if not checkouts:
        return None
    baseline = next(iter(_read(steps, "baseline", Baseline)), None)
    newest = next((each for each in _read(steps, "agent", AgentRound) if each.head), None)
    verifications = _read(steps, "verify", Verification) if newest else []
    head = newest.head if newest else ""
    fitting = next((each for each in verifications if each.head.commit == head), None)
    bundles = Artifact.objects.filter(
        execution=execution, kind=keeping.KIND, name=keeping.NAME, size__gt=0
    )
    return _Left(execution, checkouts[0], baseline, newest, fitting, bundles.exists())


def _read(steps: Sequence[Step], name: str, kind: type[T]) -> list[T]:
    """The results of a step, newest round first; those of another version of it are left out."""
    adapter, found = TypeAdapter(kind), []
    for step in steps:
        if step.name == name:
            try:
                found.append(adapter.validate_python(step.result))
            except ValidationError:
                continue
    return found


def _explained(step: RetryStep, why_not: str) -> RetryStep:
    return RetryStep(step.name, step.title, step.says, why_not)
