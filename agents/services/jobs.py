"""Asking for work, and asking to stop."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Exists
from django.db.models.functions import Now

from agents import queue
from agents.logs.hints import notify_job_changed
from agents.models import Execution, Job
from agents.services import approvals, runners
from clusters.models import Cluster, Plan
from clusters.services import clusters, plans
from credentials.errors import Conflict, Forbidden
from credentials.models import Credential, User
from credentials.services import audit, teams

PIPELINE_VERSION = 1


def start_fix(
    user: User,
    cluster: Cluster,
    *,
    runner: str = "",
    credential: int | None = None,
    model: str = "",
) -> tuple[Job, bool]:
    """A job that carries the cluster's plan out; the running one and False on a second click.

    `credential` is the id of the key that the runner is to work with; None: the person's own,
    then the team's. `model` is one as "provider:name"; '' for the usual one. Raises Conflict:
    `runner_not_configured` and `runner_disabled` (with those that are ready),
    `plan_not_approved`, `cluster_closed`; Invalid: `credential_unknown`, `model_invalid`.
    """
    teams.require_writer(user, cluster.project.team)
    if running := active_fix(cluster):
        return running, False
    _require_open(cluster)
    team = cluster.project.team
    model = model.strip()
    info = runners.choose(runner, user, team, project=cluster.project, model=model)
    key = None
    if credential is not None:
        key = runners.choose_key(credential, info.name, user, team, model)
    plan = plans.current(cluster) or plans.generate(user, cluster)
    if cluster.project.requires_approval and not plan.is_approved:
        raise Conflict(
            "plan_not_approved",
            "This project wants plans approved before work begins: read the plan, then approve it.",
            version=plan.version,
        )
    try:
        return _create(user, cluster, plan, info.name, key, model), True
    except IntegrityError:
        # Two clicks at once: the constraint let one through. If that one has ended in the
        # meantime there is nothing to return, and the error is real.
        if running := active_fix(cluster):
            return running, False
        raise


def retry(user: User, job: Job) -> tuple[Job, bool]:
    """The same work again, on the same runner and model, with the newest plan.

    And with the same key, when this person chose it; another's choice binds nobody.
    """
    if not job.is_ended:
        raise Conflict("job_active", "This job has not ended yet.")
    if job.cluster is None:
        raise Conflict("cluster_gone", "This job's cluster is not there any more.")
    chosen = job.credential_id if job.requested_by_id == user.pk else None
    return start_fix(user, job.cluster, runner=job.runner, credential=chosen, model=job.model)


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
        if waiting and job.cluster_id is not None:
            clusters.move(job.cluster_id, Cluster.Status.PLANNED, outcome="cancelled")
        if waiting or running or aside:
            audit.record(actor=user, team=job.project.team, verb="job.cancelled", target=job)
    notify_job_changed(job.pk)
    job.refresh_from_db()
    return job


def _wake(user: User, job: Job) -> bool:
    """Whether work on it was begun before it waits; a worker then ends it, and tidies up."""
    begun = Execution.objects.filter(job=job.pk, status=Execution.Status.RUNNING)
    waited = approvals.seconds_waited(job.pk)
    changed = Job.objects.filter(Exists(begun), pk=job.pk, status__in=Job.WAITING).update(
        status=Job.Status.PENDING, cancel_requested_at=Now(), cancelled_by=user, not_before=None
    )
    if changed:
        approvals.end_wait(job.pk, waited)
        queue.run_job(job.pk)
    return bool(changed)


def active_fix(cluster: Cluster) -> Job | None:
    """The fix that waits or runs for this cluster; there is at most one."""
    return Job.objects.filter(cluster=cluster, kind=Job.Kind.FIX, status__in=Job.ACTIVE).first()


def _require_open(cluster: Cluster) -> None:
    if cluster.status in {Cluster.Status.DISMISSED, Cluster.Status.RESOLVED}:
        raise Conflict("cluster_closed", "This cluster is closed: reopen it first.")


@transaction.atomic
def _create(
    user: User,
    cluster: Cluster,
    plan: Plan,
    runner: str,
    credential: Credential | None,
    model: str,
) -> Job:
    # Again: writing a plan takes a while, and somebody may have dismissed the cluster meanwhile.
    _require_open(Cluster.objects.get(pk=cluster.pk))
    job = Job.objects.create(
        project=cluster.project,
        cluster=cluster,
        plan=plan,
        plan_snapshot=plan.content,
        plan_digest=plan.digest,
        kind=Job.Kind.FIX,
        title=cluster.title,
        runner=runner,
        credential=credential,
        model=model,
        requested_by=user,
        time_limit_seconds=cluster.project.time_limit_seconds,
        budget_usd=cluster.project.budget_usd,
        pipeline_version=PIPELINE_VERSION,
    )
    job.branch = f"{cluster.project.branch_prefix}{cluster.pk}-{job.pk}"
    job.save(update_fields=["branch"])
    clusters.move(cluster.pk, Cluster.Status.FIXING)
    audit.record(
        actor=user, team=cluster.project.team, verb="job.started", target=job, runner=runner
    )
    queue.run_job(job.pk)
    return job


def _require_canceller(user: User, job: Job) -> None:
    """A writer of the team, or an operator."""
    if user.is_staff and user.has_perm("agents.change_job"):
        return
    try:
        teams.require_writer(user, job.project.team)
    except Forbidden as error:
        raise Forbidden("read_only", "Only members of the team can cancel its jobs.") from error
