"""How a fix begins: what is checked, and the one place that writes its row.

Both for a job that a person asks for and for one that was proposed and is taken up now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from agents import queue
from agents.models import Job
from agents.pipelines.version import PIPELINE_VERSION
from agents.services import runners
from clusters.models import Cluster, Plan, Project
from clusters.services import clusters, plans
from credentials.errors import Conflict, Invalid
from credentials.models import Credential, User
from credentials.services import audit, teams

START = "start"  # what is asked for: nobody has started the job yet


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to be used; '' and None: as usual."""

    runner: str = ""
    credential: int | None = None
    model: str = ""
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A fix as it was asked for and found to be possible."""

    plan: Plan | None
    content: dict[str, Any]
    digest: str
    runner: str
    credential: Credential | None
    model: str
    priority: int | None
    retry_of: Job | None = None
    from_step: str = ""


def order(
    user: User,
    cluster: Cluster,
    wish: Wish,
    *,
    retry_of: Job | None = None,
    from_step: str = "",
) -> Order:
    """Check everything that has to hold before a fix begins.

    A retry `from_step` works by the plan of the job that it retries, all others by the newest
    one, which is written when there is none. Raises Conflict: `cluster_closed`,
    `runner_not_configured` and `runner_disabled` (with those that are ready), `plan_not_approved`;
    Invalid: `credential_unknown`, `model_invalid`, `priority_unknown`; Forbidden.
    """
    team = cluster.project.team
    teams.require_writer(user, team)
    require_open(cluster)
    check_priority(wish.priority)
    model = wish.model.strip()
    info = runners.choose(wish.runner, user, team, project=cluster.project, model=model)
    key = None
    if wish.credential is not None:
        key = runners.choose_key(wish.credential, info.name, user, team, model)
    if retry_of is not None and from_step:
        plan, content, digest = retry_of.plan, retry_of.plan_snapshot, retry_of.plan_digest
    else:
        plan = plans.current_or_first(user, cluster)
        content, digest = plan.content, plan.digest
    require_approved(cluster.project, plan)
    return Order(plan, content, digest, info.name, key, model, wish.priority, retry_of, from_step)


def begin(
    user: User,
    cluster: Cluster,
    wanted: Order,
    *,
    proposal: Job | None = None,
    comment: str = "",
) -> tuple[Job, bool]:
    """Make it a job, or the `proposal` one that begins; the running one and False on a second click.

    Raises Conflict `not_waiting` for a proposal that somebody decided about in the meantime.
    """
    try:
        return _write(user, cluster, wanted, proposal, comment), True
    except IntegrityError:
        # Two clicks at once: the constraint let one through. If that one has ended in the
        # meantime there is nothing to return, and the error is real.
        if running := active_fix(cluster):
            return running, False
        raise


def active_fix(cluster: Cluster) -> Job | None:
    """The fix that waits or runs for this cluster; there is at most one."""
    return Job.objects.filter(cluster=cluster, kind=Job.Kind.FIX, status__in=Job.ACTIVE).first()


def is_proposal(job: Job) -> bool:
    """Whether nobody has started it: it waits for somebody who does."""
    return job.status == Job.Status.AWAITING_APPROVAL and job.approval == START


def require_open(cluster: Cluster) -> None:
    """Raises Conflict `cluster_closed`."""
    if cluster.status in {Cluster.Status.DISMISSED, Cluster.Status.RESOLVED}:
        raise Conflict("cluster_closed", "This cluster is closed: reopen it first.")


def hold_open(cluster: Cluster) -> None:
    """Nobody dismisses it or merges it away until the transaction ends; raises `cluster_closed`."""
    require_open(Cluster.objects.select_for_update(no_key=True).get(pk=cluster.pk))


def require_approved(project: Project, plan: Plan | None) -> None:
    """Raises Conflict `plan_rejected`, and `plan_not_approved` where the project wants approval."""
    if plan and plan.rejected_at is not None:
        raise Conflict(
            "plan_rejected",
            "This plan was rejected: write it anew or edit it, or approve it after all.",
            version=plan.version,
        )
    if project.requires_approval and not (plan and plan.is_approved):
        raise Conflict(
            "plan_not_approved",
            "This project wants plans approved before work begins: read the plan, then approve it.",
            version=plan.version if plan else None,
        )


def check_priority(priority: int | None) -> None:
    """Raises Invalid `priority_unknown`."""
    if priority is not None and priority not in Job.Priority.values:
        names = ", ".join(name.lower() for name in Job.Priority.names)
        text = f"A priority is one of {names}."
        raise Invalid("priority_unknown", text, fields={"priority": [text]})


@transaction.atomic
def _write(user: User, cluster: Cluster, wanted: Order, proposal: Job | None, comment: str) -> Job:
    # Again: writing a plan takes a while, and somebody may have decided otherwise meanwhile.
    hold_open(cluster)
    if wanted.plan is not None:
        require_approved(cluster.project, Plan.objects.select_for_update().get(pk=wanted.plan.pk))
    project = cluster.project
    job = Job(project=project, cluster=cluster, kind=Job.Kind.FIX)
    if proposal is not None:
        job = _taken_up(user, proposal, comment)
    job.plan, job.plan_snapshot, job.plan_digest = wanted.plan, wanted.content, wanted.digest
    job.title = cluster.title
    job.runner, job.credential, job.model = wanted.runner, wanted.credential, wanted.model
    if wanted.priority is not None:
        job.priority = wanted.priority
    job.requested_by = user
    job.retry_of, job.from_step = wanted.retry_of, wanted.from_step
    job.time_limit_seconds, job.budget_usd = project.time_limit_seconds, project.budget_usd
    job.pipeline_version = PIPELINE_VERSION
    job.save()
    job.branch = f"{project.branch_prefix}{cluster.pk}-{job.pk}"
    job.save(update_fields=["branch"])
    clusters.move(cluster.pk, Cluster.Status.FIXING)
    _tell(user, job, proposal, comment)
    queue.run_job(job.pk)
    return job


def _taken_up(user: User, proposal: Job, comment: str) -> Job:
    """The proposal's row, which is nobody else's until the transaction ends."""
    waits = Job.objects.select_for_update().filter(
        pk=proposal.pk,
        status=Job.Status.AWAITING_APPROVAL,
        approval=START,
        cancel_requested_at=None,
    )
    job = waits.first()
    if job is None:
        said = "Somebody decided about this job in the meantime."
        raise Conflict("not_waiting", said)
    job.status, job.decision, job.decision_comment = Job.Status.PENDING, "approved", comment
    job.decided_by, job.lease_until = user, None
    Job.objects.filter(pk=job.pk).update(decided_at=Now())
    job.refresh_from_db(fields=["decided_at"])
    return job


def _tell(user: User, job: Job, proposal: Job | None, comment: str) -> None:
    team = job.project.team
    if proposal is not None:
        audit.record(
            actor=user, team=team, verb="job.proposal_approved", target=job, reason=comment
        )
    told: dict[str, Any] = {"runner": job.runner}
    if job.retry_of_id is not None:
        told |= {"retry_of": job.retry_of_id, "from_step": job.from_step or "preflight"}
    audit.record(actor=user, team=team, verb="job.started", target=job, **told)
