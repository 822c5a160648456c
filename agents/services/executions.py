"""What a worker writes about an execution. Every write carries the lease's fence."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import F, Max
from django.db.models.functions import Now
from django.utils import timezone

from agents import queue
from agents.logs.hints import notify_job_changed
from agents.models import Execution, Job, Step
from agents.outcomes import outcome as outcome_of
from agents.pipelines import base
from agents.services import plan_ends
from agents.services.leases import Lease, fenced
from agents.services.outages import outlasting, patiently
from clusters.models import Cluster
from clusters.services import clusters
from credentials.services import audit


@outlasting
def begin(lease: Lease) -> Execution:
    """The execution to go on with, or the first one."""
    with fenced(lease):
        execution = Execution.objects.filter(
            job=lease.job_id, status=Execution.Status.RUNNING
        ).first()
        if execution is None:
            newest = Execution.objects.filter(job=lease.job_id).aggregate(n=Max("number"))["n"] or 0
            execution = Execution(job_id=lease.job_id, number=newest + 1)
        execution.fence = lease.fence
        execution.save()
    return execution


@outlasting
def stored_step(execution: Execution, name: str, round: int) -> Step | None:
    """A step that has ended well; its result need not be made again."""
    return Step.objects.filter(
        execution=execution, name=name, round=round, status=Step.Status.COMPLETED
    ).first()


@outlasting
def has_worked(execution: Execution) -> bool:
    """Whether there are commits of an agent that would be lost."""
    ended = Step.objects.filter(execution=execution, status=Step.Status.COMPLETED)
    return ended.filter(name="verify").exists()


@outlasting
def start_step(lease: Lease, execution: Execution, name: str, round: int, seq: int) -> Step:
    """A step begins, or begins again after its worker died."""
    with fenced(lease):
        step, created = Step.objects.get_or_create(
            execution=execution, name=name, round=round, defaults={"first_seq": seq}
        )
        if not created:
            step.status, step.error, step.attempts = Step.Status.RUNNING, "", step.attempts + 1
            step.save(update_fields=["status", "error", "attempts"])
    notify_job_changed(lease.job_id)
    return step


@outlasting
def end_step(lease: Lease, step: Step, *, seq: int, result: Any = None, error: str = "") -> None:
    """A step ended: well with a result, badly with a sentence."""
    with fenced(lease):
        step.status = Step.Status.FAILED if error else Step.Status.COMPLETED
        step.result, step.error, step.last_seq = result, error[:2000], seq
        step.finished_at = timezone.now()
        step.save()
        # Its worker outlived a step, so the job does not kill whoever takes it up.
        Job.objects.filter(pk=lease.job_id, claims_in_vain__gt=0).update(claims_in_vain=0)
    notify_job_changed(lease.job_id)


@outlasting
def provisioned(
    lease: Lease, execution: Execution, *, provider: str, sandbox_id: str, isolation: str
) -> None:
    """A sandbox is there: the job runs."""
    with fenced(lease):
        Execution.objects.filter(pk=execution.pk).update(
            sandbox_provider=provider, sandbox_id=sandbox_id, isolation=isolation
        )
        Job.objects.filter(pk=lease.job_id, status=Job.Status.PROVISIONING).update(
            status=Job.Status.RUNNING
        )
    notify_job_changed(lease.job_id)


@outlasting
def store_commits(
    lease: Lease, execution: Execution, *, base_sha: str = "", head_sha: str = ""
) -> None:
    """Which commits it worked on and came to."""
    values = {name: sha for name, sha in (("base_sha", base_sha), ("head_sha", head_sha)) if sha}
    with fenced(lease):
        Execution.objects.filter(pk=execution.pk).update(**values)


@outlasting
def recall(execution: Execution, key: str) -> str:
    """A text that was stored with `remember`, or ''."""
    stored = Execution.objects.values_list("memory", flat=True).get(pk=execution.pk)
    return str(stored.get(key, ""))


@outlasting
def remember(lease: Lease, execution: Execution, values: Mapping[str, str]) -> None:
    """Texts a runner needs to go on after its worker died."""
    with fenced(lease):
        memory = Execution.objects.values_list("memory", flat=True).get(pk=execution.pk)
        Execution.objects.filter(pk=execution.pk).update(memory={**memory, **values})


@outlasting
def put_aside(
    lease: Lease, execution: Execution, *, seconds: float, reason: str, keep_steps: bool
) -> bool:
    """Let the job wait that many seconds, for `reason`. False when the lease was lost before.

    Without `keep_steps` the execution begins again after the wait: its sandbox is gone.
    """
    whole = max(1, math.ceil(seconds))
    try:
        with fenced(lease):
            _wait(
                lease,
                not_before=Now() + timedelta(seconds=whole),
                waiting_reason=reason[:1000],
                paused_seconds=F("paused_seconds") + whole,
            )
            if not keep_steps:
                Step.objects.filter(execution=execution).update(status=Step.Status.FAILED)
                # What a runner remembers, and what was counted of it, went with the sandbox.
                Execution.objects.filter(pk=execution.pk).update(
                    memory={}, log_sources={}, usage_counted={}
                )
    except base.LeaseLost:
        return False
    notify_job_changed(lease.job_id)
    return True


@outlasting
def await_approval(lease: Lease, *, approval: str) -> bool:
    """Let the job wait for a person, with nobody working on it. False when the lease was lost.

    `approval` is what is asked for. When somebody asked to stop in this very moment, the next
    worker tidies up instead.
    """
    try:
        with fenced(lease):
            if _wait(
                lease,
                status=Job.Status.AWAITING_APPROVAL,
                approval=approval,
                decision="",
                decided_by=None,
                decided_at=None,
                decision_comment="",
                lease_until=Now(),  # the wait begins here
            ):
                asked = Job.objects.select_related("project__team").get(pk=lease.job_id)
                team = asked.project.team
                audit.record(actor=None, team=team, verb="job.approval_asked", target=asked)
    except base.LeaseLost:
        return False
    notify_job_changed(lease.job_id)
    return True


def attempts_left(execution: Execution) -> int:
    """How many further attempts a job may make by itself after this one."""
    return max(0, int(settings.ATTEMPTS) - execution.number)


@outlasting
def try_again(lease: Lease, execution: Execution, *, code: str, detail: str = "") -> bool:
    """End this attempt, and let the job wait for the next. False when the lease was lost before.

    When somebody asked to stop in this very moment, the next worker only tidies up.
    """
    pause = settings.ATTEMPT_PAUSE * 2 ** (execution.number - 1)
    whole = math.ceil(pause * random.uniform(1.0, 1.2))  # noqa: S311 - apart from each other
    try:
        with fenced(lease):
            _end(execution, code, detail)
            job = Job.objects.filter(pk=lease.job_id)
            now = job.annotate(now=Now()).values_list("now", flat=True).get()
            next_at = now + timedelta(seconds=whole)
            _wait(
                lease,
                not_before=next_at,
                waiting_reason=_why_again(execution, code, next_at),
                paused_seconds=F("paused_seconds") + whole,
            )
    except base.LeaseLost:
        return False
    notify_job_changed(lease.job_id)
    return True


def _wait(lease: Lease, **values: Any) -> bool:
    """Give the job back with these values, to wait.

    False when somebody asked to stop in this very moment: then a worker tidies up at once.
    """
    job, given = Job.objects.filter(pk=lease.job_id), {"lease_owner": "", "lease_until": None}
    values = {"status": Job.Status.PENDING, **given, **values}
    if job.filter(cancel_requested_at=None).update(**values):
        return True
    job.update(status=Job.Status.PENDING, **given)
    queue.run_job(lease.job_id)
    return False


def _why_again(execution: Execution, code: str, at: datetime) -> str:
    what, _, _ = outcome_of(code).sentence.partition(":")
    number = execution.number + 1
    return f"{what}; attempt {number} of {settings.ATTEMPTS} begins at {at:%H:%M:%S} UTC."


def finish(
    lease: Lease, execution: Execution, *, code: str, detail: str = "", cluster_status: str = ""
) -> bool:
    """End job, execution and cluster together. False when the lease was lost before.

    Waits a while for a database that is away or full; raises LeaseLost, with everything as it
    was, when that does not pass.
    """
    end = partial(_finish, lease, execution, code, detail, cluster_status)
    try:
        ended = patiently(end, also_full=True)
    except base.Stop as full:
        raise base.LeaseLost from full
    if ended:
        notify_job_changed(lease.job_id)
    return ended


def _finish(
    lease: Lease, execution: Execution, code: str, detail: str, cluster_status: str
) -> bool:
    try:
        with fenced(lease):
            Job.objects.filter(pk=lease.job_id).update(
                status=_status(code),
                outcome=outcome_of(code).code,
                outcome_detail=detail[:5000],
                finished_at=Now(),
                lease_owner="",
                lease_until=None,
            )
            _end(execution, code, detail)
            _move_cluster(lease.job_id, cluster_status, outcome_of(code).code)
            plan_ends.without_a_plan(lease.job_id, detail or outcome_of(code).sentence)
    except base.LeaseLost:
        return False
    return True


def _end(execution: Execution, code: str, detail: str) -> None:
    """End the rows of one attempt."""
    ended = outcome_of(code)
    Execution.objects.filter(pk=execution.pk).update(
        status=_status(code), outcome=ended.code, finished_at=Now()
    )
    Step.objects.filter(execution=execution, status=Step.Status.RUNNING).update(
        status=Step.Status.FAILED, finished_at=Now(), error=detail[:2000] or ended.sentence
    )


def _status(code: str) -> str:
    """The ended status, of a job as of an execution."""
    return {
        "completed": Job.Status.COMPLETED.value,
        "failed": Job.Status.FAILED.value,
        "cancelled": Job.Status.CANCELLED.value,
    }[outcome_of(code).status]


def _move_cluster(job_id: int, status: str, code: str) -> None:
    job = Job.objects.only("cluster", "kind").get(pk=job_id)
    if job.cluster_id is not None and job.kind != Job.Kind.PLAN:  # a plan changes nothing
        clusters.move(job.cluster_id, status or Cluster.Status.PLANNED, outcome=code)
