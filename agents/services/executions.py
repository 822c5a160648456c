"""What a worker writes about an execution. Every write carries the lease's fence."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F, Max
from django.db.models.functions import Now
from django.utils import timezone

from agents import queue
from agents.logs.hints import notify_job_changed
from agents.models import Artifact, Execution, Job, Receipt, Step
from agents.outcomes import outcome as outcome_of
from agents.pipelines import base
from agents.sandboxes.base import Blocked
from agents.services.leases import Lease, fenced
from clusters.models import Cluster
from clusters.services import clusters
from credentials.services import audit

TESTS_KEPT = 20_000
MESSAGE_KEPT = 4_000
BLOCKED_KEPT = 100


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


def stored_step(execution: Execution, name: str, round: int) -> Step | None:
    """A step that has ended well; its result need not be made again."""
    return Step.objects.filter(
        execution=execution, name=name, round=round, status=Step.Status.COMPLETED
    ).first()


def has_worked(execution: Execution) -> bool:
    """Whether there are commits of an agent that would be lost."""
    ended = Step.objects.filter(execution=execution, status=Step.Status.COMPLETED)
    return ended.filter(name="verify").exists()


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


def end_step(lease: Lease, step: Step, *, seq: int, result: Any = None, error: str = "") -> None:
    """A step ended: well with a result, badly with a sentence."""
    with fenced(lease):
        step.status = Step.Status.FAILED if error else Step.Status.COMPLETED
        step.result, step.error, step.last_seq = result, error[:2000], seq
        step.finished_at = timezone.now()
        step.save()
    notify_job_changed(lease.job_id)


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


def store_commits(
    lease: Lease, execution: Execution, *, base_sha: str = "", head_sha: str = ""
) -> None:
    """Which commits it worked on and came to."""
    values = {name: sha for name, sha in (("base_sha", base_sha), ("head_sha", head_sha)) if sha}
    with fenced(lease):
        Execution.objects.filter(pk=execution.pk).update(**values)


def remember(lease: Lease, execution: Execution, values: Mapping[str, str]) -> None:
    """Texts a runner needs to go on after its worker died."""
    with fenced(lease):
        memory = Execution.objects.values_list("memory", flat=True).get(pk=execution.pk)
        Execution.objects.filter(pk=execution.pk).update(memory={**memory, **values})


def store_blocked(lease: Lease, execution: Execution, place: Blocked, phase: base.Phase) -> bool:
    """Keep a place that was blocked; False when it was kept before, or there are very many."""
    entry = {"host": place.host[:253], "port": place.port, "phase": phase.value}
    with fenced(lease):
        known = Execution.objects.values_list("blocked", flat=True).get(pk=execution.pk)
        if entry in known or len(known) >= BLOCKED_KEPT:
            return False
        Execution.objects.filter(pk=execution.pk).update(blocked=[*known, entry])
    notify_job_changed(lease.job_id)
    return True


def store_receipt(
    lease: Lease, execution: Execution, draft: base.ReceiptDraft, *, first_seq: int, last_seq: int
) -> None:
    """Keep a receipt; the same kind and round again replaces it (a step that was repeated)."""
    outcomes = [test.outcome for test in draft.tests]
    tests = [
        {**asdict(test), "message": test.message[:MESSAGE_KEPT]}
        for test in draft.tests[:TESTS_KEPT]
    ]
    with fenced(lease):
        Receipt.objects.update_or_create(
            execution=execution,
            kind=draft.kind.value,
            round=draft.round,
            defaults={
                "status": draft.status.value,
                "command": draft.command,
                "commit": draft.commit,
                "exit_code": draft.exit_code,
                "seconds": draft.seconds,
                "passed": outcomes.count("passed"),
                "failed": outcomes.count("failed") + outcomes.count("error"),
                "skipped": outcomes.count("skipped"),
                "tests": tests,
                "coverage": draft.coverage,
                "note": draft.note,
                "first_seq": first_seq,
                "last_seq": last_seq,
            },
        )
    notify_job_changed(lease.job_id)


def store_artifact(lease: Lease, execution: Execution, artifact: base.Artifact) -> None:
    """Keep a file; the same kind and name again replaces it."""
    with fenced(lease):
        row = Artifact.objects.filter(
            execution=execution, kind=artifact.kind, name=artifact.name
        ).first()
        if row:
            # Only when the row names the new one: a worker may die in between.
            old = row.file
            transaction.on_commit(partial(old.storage.delete, str(old.name)))
        row = row or Artifact(execution=execution, kind=artifact.kind, name=artifact.name)
        row.media_type, row.size = artifact.media_type, len(artifact.data)
        row.sha256 = hashlib.sha256(artifact.data).hexdigest()
        # The name on disk is ours: an agent's file name never becomes a path.
        row.file.save(f"{execution.pk}-{row.sha256[:16]}", ContentFile(artifact.data), save=True)


def put_aside(
    lease: Lease, execution: Execution, *, seconds: float, reason: str, keep_steps: bool
) -> bool:
    """Let the job wait that many seconds, for `reason`. False when the lease was lost before.

    Without `keep_steps` the execution begins again after the wait: its sandbox is gone.
    """
    whole = max(1, math.ceil(seconds))
    try:
        with fenced(lease):
            Job.objects.filter(pk=lease.job_id).update(
                status=Job.Status.PENDING,
                not_before=Now() + timedelta(seconds=whole),
                waiting_reason=reason[:1000],
                paused_seconds=F("paused_seconds") + whole,
                lease_owner="",
                lease_until=None,
            )
            if not keep_steps:
                Step.objects.filter(execution=execution).update(status=Step.Status.FAILED)
    except base.LeaseLost:
        return False
    notify_job_changed(lease.job_id)
    return True


def await_approval(lease: Lease, *, approval: str) -> bool:
    """Let the job wait for a person, with nobody working on it. False when the lease was lost.

    `approval` is what is asked for. When somebody asked to stop in this very moment, the next
    worker tidies up instead.
    """
    try:
        with fenced(lease):
            job = Job.objects.filter(pk=lease.job_id)
            waits = job.filter(cancel_requested_at=None).update(
                status=Job.Status.AWAITING_APPROVAL,
                approval=approval,
                decision="",
                decided_by=None,
                decided_at=None,
                decision_comment="",
                lease_owner="",
                lease_until=Now(),  # the wait begins here
            )
            if waits:
                asked = job.select_related("project__team").get()
                team = asked.project.team
                audit.record(actor=None, team=team, verb="job.approval_asked", target=asked)
            else:
                job.update(status=Job.Status.PENDING, lease_owner="", lease_until=None)
                queue.run_job(lease.job_id)
    except base.LeaseLost:
        return False
    notify_job_changed(lease.job_id)
    return True


def finish(
    lease: Lease, execution: Execution, *, code: str, detail: str = "", cluster_status: str = ""
) -> bool:
    """End job, execution and cluster together. False when the lease was lost before."""
    ended = outcome_of(code)
    status = {
        "completed": Job.Status.COMPLETED,
        "failed": Job.Status.FAILED,
        "cancelled": Job.Status.CANCELLED,
    }[ended.status]
    try:
        with fenced(lease):
            Job.objects.filter(pk=lease.job_id).update(
                status=status,
                outcome=ended.code,
                outcome_detail=detail[:5000],
                finished_at=Now(),
                lease_owner="",
                lease_until=None,
            )
            Execution.objects.filter(pk=execution.pk).update(
                status=status, outcome=ended.code, finished_at=Now()
            )
            Step.objects.filter(execution=execution, status=Step.Status.RUNNING).update(
                status=Step.Status.FAILED, finished_at=Now(), error=detail[:2000] or ended.sentence
            )
            _move_cluster(lease.job_id, cluster_status, ended.code)
    except base.LeaseLost:
        return False
    notify_job_changed(lease.job_id)
    return True


def _move_cluster(job_id: int, status: str, code: str) -> None:
    cluster_id = Job.objects.values_list("cluster", flat=True).get(pk=job_id)
    if cluster_id is not None:
        clusters.move(cluster_id, status or Cluster.Status.PLANNED, outcome=code)
