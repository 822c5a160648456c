"""What every tab of a job's page shows around it."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from agents.models import Artifact, Execution, Job, PullRequest, Receipt, Step
from agents.services import blocked, runners
from agents.views.job_keys import key_lines
from agents.views.job_usage import JobUsage, job_usage
from agents.views.timeline import entries
from credentials.views.helpers import Tab, can_write, signed_in

COMPARED_JOBS = 20
_TABS = (
    ("log", "Log", "job"),
    ("receipts", "Receipts", "job_receipts"),
    ("diff", "Diff", "job_diff"),
    ("prompt", "Prompt", "job_prompt"),
    ("activity", "Activity", "job_activity"),
)


def visible(request: HttpRequest, job_id: int) -> Job:
    """The job, when this person may see it; else 404."""
    jobs = Job.objects.for_user(signed_in(request))
    return get_object_or_404(
        jobs.select_related(
            "project__team", "cluster", "plan", "requested_by", "cancelled_by", "decided_by"
        ),
        pk=job_id,
    )


def newest(job: Job) -> Execution | None:
    """The last attempt."""
    return Execution.objects.filter(job=job).order_by("-number").first()


def frame(request: HttpRequest, job: Job, tab: str) -> dict[str, Any]:
    """Header, timeline, tabs and facts."""
    execution = newest(job)
    steps = list(Step.objects.filter(execution=execution)) if execution else []
    pull = PullRequest.objects.filter(job=job).order_by("-id").first()
    used = job_usage(job, execution)
    return {
        "section": "jobs",
        "job": job,
        "project": job.project,
        "execution": execution,
        "timeline": entries(job, execution, steps),
        "pull": pull,
        "criteria": job.plan_snapshot.get("criteria", []),
        "findings": _findings(steps),
        "notes": _notes(steps),
        "artifacts": Artifact.objects.filter(execution=execution).order_by("id")
        if execution
        else [],
        "runner": runners.named(job.runner, job.requested_by, job.project.team, job.model),
        "blocked": blocked.places(execution, job),
        "keys": key_lines(job, signed_in(request)),
        "usual": usual(job) if not job.is_ended else "",
        "usage": used,
        "can_write": can_write(request, job.project.team),
        "tab": tab,
        "tabs": _tabs(job, execution, tab),
        "seen": digest(job, execution, steps, pull, used),
    }


def digest(
    job: Job,
    execution: Execution | None,
    steps: list[Step],
    pull: PullRequest | None,
    used: JobUsage,
) -> str:
    """Changes when anything in the header, timeline or facts does."""
    parts: list[object] = [job.status, job.outcome, job.cancel_requested_at, job.decision, used]
    if execution:
        parts += [execution.pk, execution.isolation, execution.blocked]
    parts += [(step.pk, step.status, step.attempts) for step in steps]
    if pull:
        parts += [pull.pk, pull.state, pull.draft, pull.title]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def usual(job: Job) -> str:
    """How long such jobs took before, in words; '' before there are three."""
    ended = Job.objects.filter(
        project=job.project_id, status=Job.Status.COMPLETED, started_at__isnull=False
    )
    times = sorted(
        (finished - started).total_seconds()
        for started, finished in ended.order_by("-id").values_list("started_at", "finished_at")[
            :COMPARED_JOBS
        ]
        if started and finished
    )
    if len(times) < 3:
        return ""
    low, high = times[len(times) // 4], times[-(len(times) // 4) - 1]
    if high < 90:
        return f"usually {round(low)} to {max(round(high), round(low) + 1)} s"
    return f"usually {max(1, round(low / 60))} to {max(2, round(high / 60))} min"


def _findings(steps: list[Step]) -> list[dict[str, Any]]:
    for step in reversed(steps):
        if step.name == "guard" and isinstance(step.result, dict):
            return list(step.result.get("findings", []))
    return []


def _notes(steps: list[Step]) -> list[str]:
    """What the set-up could not bring into the sandbox."""
    for step in reversed(steps):
        if step.name == "setup" and isinstance(step.result, dict):
            return [str(note) for note in step.result.get("notes", [])]
    return []


def _tabs(job: Job, execution: Execution | None, current: str) -> list[Tab]:
    counted = Receipt.objects.filter(execution=execution).count() if execution else 0
    return [
        Tab(
            label=label,
            url=reverse(name, args=[job.pk]),
            current=key == current,
            count=counted if key == "receipts" else None,
        )
        for key, label, name in _TABS
    ]
