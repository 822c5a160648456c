"""Plans by coding agents: a job of the kind "plan" writes for a drafting."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from agents import queue
from agents.models import Execution, Job
from agents.pipelines.plan import PlanResult
from agents.pipelines.version import PIPELINE_VERSION
from agents.runners.registry import entry
from agents.services import runners, starting
from agents.services.leases import Lease, fenced
from agents.wiring import RunnerInfo
from clusters.models import Cluster
from clusters.planner.base import Audit, Drafted
from clusters.services.plans import drafting
from clusters.services.plans.writing import Written
from credentials.errors import Conflict
from credentials.models import User
from credentials.services import audit, teams

_TIME_LIMIT = 900  # seconds, where the project allows that much


def can_plan(name: str) -> bool:
    """Whether this runner's agent has a mode in which it only looks."""
    return entry(name).features.plan_mode


def ready(infos: list[RunnerInfo]) -> list[RunnerInfo]:
    """Those of these runners that could plan now."""
    return [info for info in infos if info.configured and can_plan(info.name)]


def start(user: User, cluster: Cluster, *, runner: str = "", hint: str = "") -> tuple[Job, bool]:
    """Have an agent plan; the job that does it already and False on a second click.

    Raises Conflict: `cluster_closed`, `runner_not_configured`, `runner_disabled`,
    `runner_cannot_plan`, `plan_in_progress`; Invalid `hint_too_long`; Forbidden.
    """
    project = cluster.project
    teams.require_writer(user, project.team)
    starting.require_open(cluster)
    info = runners.choose(runner, user, project.team, project=project)
    if not can_plan(info.name):
        said = f"{info.title} has no mode in which it only plans: choose another runner."
        raise Conflict("runner_cannot_plan", said)
    try:
        with transaction.atomic():
            return _begun(user, cluster, info.name, hint)
    except IntegrityError:
        # Two clicks at once: the constraint let one through.
        if running := _active(cluster):
            return running, False
        raise


def ended(lease: Lease, job: Job, execution: Execution, result: PlanResult) -> tuple[str, str]:
    """The job's outcome and a sentence; a plan that was written becomes the next version."""
    if result.draft is None:
        return result.outcome, result.detail
    if job.drafting is None:
        return "no_plan", "Nobody waits for this plan any more."
    drafted = Drafted(result.draft, result.questions, _audit(execution))
    note = f"Written by {job.runner} in job {job.pk}, which only looked."
    with fenced(lease):
        written = Written(drafted, "agent", note, result.base)
        plan = drafting.deliver(job.drafting, written)
        if plan is not None:
            Job.objects.filter(pk=job.pk).update(plan=plan)
            return result.outcome, f"It is version {plan.version} of the plan."
    job.drafting.refresh_from_db()
    return "no_plan", job.drafting.message or "Somebody ended it before it was written."


def _begun(user: User, cluster: Cluster, runner: str, hint: str) -> tuple[Job, bool]:
    starting.hold_open(cluster)
    row, is_new = drafting.begin(user, cluster, way=drafting.Way.AGENT, hint=hint)
    if not is_new:
        if running := _active(cluster):
            return running, False
        raise Conflict("plan_in_progress", "A plan is being written already: wait for it.")
    project = cluster.project
    job = Job.objects.create(
        project=project,
        cluster=cluster,
        kind=Job.Kind.PLAN,
        drafting=row,
        title=f"Plan: {cluster.title}"[:300],
        runner=runner,
        requested_by=user,
        time_limit_seconds=min(project.time_limit_seconds, _TIME_LIMIT),
        budget_usd=project.budget_usd,
        pipeline_version=PIPELINE_VERSION,
    )
    drafting.say(row, f"Job {job.pk} looks around in a sandbox.")
    audit.record(actor=user, team=project.team, verb="job.started", target=job, runner=runner)
    queue.run_job(job.pk)
    return job, True


def _active(cluster: Cluster) -> Job | None:
    kind = Job.Kind.PLAN
    return Job.objects.filter(cluster=cluster, kind=kind, status__in=Job.ACTIVE).first()


def _audit(execution: Execution) -> Audit:
    execution.refresh_from_db()
    cost = execution.cost_usd
    return Audit(
        seconds=round((timezone.now() - execution.started_at).total_seconds(), 1),
        tokens_in=execution.input_tokens,
        tokens_out=execution.output_tokens,
        cost_usd=None if cost is None else float(cost),
        model=execution.model,
    )
