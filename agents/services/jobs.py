"""Asking for work, changing its place in the queue, and asking to stop."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Exists
from django.db.models.functions import Now
from django.utils import timezone

from agents import queue
from agents.logs.hints import notify_job_changed
from agents.models import Execution, Job
from agents.pipelines.version import PIPELINE_VERSION
from agents.services import approvals, plan_ends, retries, runners, starting
from agents.services.starting import Wish, active_fix
from clusters.models import Cluster
from clusters.services import clusters, plans
from credentials.errors import Conflict, Forbidden
from credentials.models import User
from credentials.services import audit, teams

__all__ = ["active_fix", "cancel", "propose_fix", "retry", "set_priority", "start_fix"]


def start_fix(
    user: User,
    cluster: Cluster,
    *,
    runner: str = "",
    credential: int | None = None,
    model: str = "",
    priority: int | None = None,
) -> tuple[Job, bool]:
    """A job that carries the cluster's plan out; the running one and False on a second click.

    `credential` is the id of the key that the runner is to work with; None: the person's own,
    then the team's. `model` is one as "provider:name"; '' for the usual one. `priority` is one of
    Job.Priority; None: medium. A job that was proposed for the cluster becomes this one. Raises
    Conflict: `runner_not_configured` and `runner_disabled` (with those that are ready),
    `plan_not_approved`, `cluster_closed`; Invalid: `credential_unknown`, `model_invalid`,
    `priority_unknown`.
    """
    teams.require_writer(user, cluster.project.team)
    running = active_fix(cluster)
    proposal = running if running and starting.is_proposal(running) else None
    if running and not proposal:
        return running, False
    wanted = starting.order(user, cluster, Wish(runner, credential, model, priority))
    return starting.begin(user, cluster, wanted, proposal=proposal)


def retry(
    user: User,
    job: Job,
    from_step: str = "",
    runner: str = "",
    *,
    credential: int | None = None,
    model: str = "",
    priority: int | None = None,
) -> tuple[Job, bool]:
    """The same work again as a new job, from a step on; the running one and False on a second click.

    `from_step` is one that `retries.retryable_steps` offers; '': the beginning, with the newest
    plan. Without a `runner` the same one works with the same model, and with the same key when
    this person chose it: another's choice binds nobody. Raises as `start_fix` and
    `retries.check` do.
    """
    teams.require_writer(user, job.project.team)
    # Before the choice is looked at: what a second click asks for is there already.
    running = active_fix(job.cluster) if job.is_ended and job.cluster else None
    proposal = running if running and starting.is_proposal(running) else None
    if running and not proposal:
        return running, False
    step = retries.check(job, from_step)
    assert job.cluster is not None  # checked
    same = not runner or runner == job.runner
    if same and credential is None and job.requested_by_id == user.pk and not model:
        credential = job.credential_id
    wish = Wish(
        runner or job.runner,
        credential,
        model or (job.model if same else ""),
        job.priority if priority is None else priority,
    )
    wanted = starting.order(user, job.cluster, wish, retry_of=job, from_step=step)
    return starting.begin(user, job.cluster, wanted, proposal=proposal)


def propose_fix(cluster: Cluster) -> Job | None:
    """A fix that nobody asked for and that waits for somebody who starts it.

    None when a job waits or runs for the cluster already, or it is closed. The cluster stays
    where it is until then.
    """
    if cluster.status in {Cluster.Status.DISMISSED, Cluster.Status.RESOLVED}:
        return None
    project, plan = cluster.project, plans.current(cluster)
    try:
        with transaction.atomic():
            job = Job.objects.create(
                project=project,
                cluster=cluster,
                plan=plan,
                plan_snapshot=plan.content if plan else {},
                plan_digest=plan.digest if plan else "",
                kind=Job.Kind.FIX,
                title=cluster.title,
                runner=runners.default(project),
                status=Job.Status.AWAITING_APPROVAL,
                approval=starting.START,
                lease_until=timezone.now(),  # the wait begins here
                time_limit_seconds=project.time_limit_seconds,
                budget_usd=project.budget_usd,
                pipeline_version=PIPELINE_VERSION,
            )
            told = {"reporters": cluster.reporter_count}
            audit.record(actor=None, team=project.team, verb="job.proposed", target=job, **told)
    except IntegrityError:
        return None  # the constraint: one active fix for a cluster
    notify_job_changed(job.pk)
    return job


def set_priority(user: User, job: Job, priority: int) -> Job:
    """Change who goes first, for a job that waits. Raises Conflict `job_begun`."""
    teams.require_writer(user, job.project.team)
    starting.check_priority(priority)
    with transaction.atomic():
        waits = Job.objects.select_for_update().filter(pk=job.pk, status__in=Job.WAITING)
        found = waits.first()
        if found is None:
            said = "The priority says which job goes first: this one does not wait any more."
            raise Conflict("job_begun", said)
        if found.priority != priority:
            Job.objects.filter(pk=job.pk).update(priority=priority)
            audit.record(
                actor=user,
                team=job.project.team,
                verb="job.priority_changed",
                target=job,
                before=Job.Priority(found.priority).name.lower(),
                after=Job.Priority(priority).name.lower(),
            )
    notify_job_changed(job.pk)
    job.refresh_from_db()
    return job


def cancel(user: User, job: Job) -> Job:
    """Stop a job: at once while it waits, soon while it runs. Ended already is fine."""
    _require_canceller(user, job)
    with transaction.atomic():
        aside = _wake(user, job)
        waiting = not aside and Job.objects.filter(pk=job.pk, status__in=Job.WAITING).update(
            status=Job.Status.CANCELLED,
            outcome="cancelled",
            finished_at=Now(),
            cancel_requested_at=Now(),
            cancelled_by=user,
        )
        running = Job.objects.filter(
            pk=job.pk, status__in=Job.HELD, cancel_requested_at=None
        ).update(cancel_requested_at=Now(), cancelled_by=user)
        if waiting:
            _let_go(job)
            plan_ends.without_a_plan(job.pk, "The job was cancelled before the agent began.")
        if waiting or running or aside:
            audit.record(actor=user, team=job.project.team, verb="job.cancelled", target=job)
    notify_job_changed(job.pk)
    job.refresh_from_db()
    return job


def _wake(user: User, job: Job) -> bool:
    """Whether work on it was begun before it waits; a worker then ends it, and tidies up."""
    # Also by an attempt that has ended: its draft is there for the next one.
    begun = Execution.objects.filter(job=job.pk)
    waited = approvals.seconds_waited(job.pk)
    changed = Job.objects.filter(Exists(begun), pk=job.pk, status__in=Job.WAITING).update(
        status=Job.Status.PENDING, cancel_requested_at=Now(), cancelled_by=user, not_before=None
    )
    if changed:
        approvals.end_wait(job.pk, waited)
        queue.run_job(job.pk)
    return bool(changed)


def _let_go(job: Job) -> None:
    """The cluster of a job that ended before work on it began; a proposal never held it."""
    if job.cluster_id is None or job.kind == Job.Kind.PLAN:
        return
    if Cluster.objects.filter(pk=job.cluster_id, status=Cluster.Status.FIXING).exists():
        clusters.move(job.cluster_id, Cluster.Status.PLANNED, outcome="cancelled")


def _require_canceller(user: User, job: Job) -> None:
    """A writer of the team, or an operator."""
    if user.is_staff and user.has_perm("agents.change_job"):
        return
    try:
        teams.require_writer(user, job.project.team)
    except Forbidden as error:
        raise Forbidden("read_only", "Only members of the team can cancel its jobs.") from error
