"""What every tab of a job's page shows around it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from agents.models import Artifact, Execution, Job, PullRequest, Receipt, Step
from agents.pipelines import keeping
from agents.services import blocked, queueing, runners, usual
from agents.services.queueing import Place
from agents.services.status import reason_of
from agents.views import bars
from agents.views.bars import Chart
from agents.views.checks import results_of
from agents.views.job_keys import key_lines
from agents.views.job_usage import JobUsage, job_usage
from agents.views.priorities import PRIORITIES, priority_name
from agents.views.timeline import Entry, entries
from clusters.models import Plan
from credentials.views.helpers import Tab, can_write, signed_in

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
    """The last attempt, without the agent's memory, which may be large."""
    return Execution.objects.filter(job=job).defer("memory").order_by("-number").first()


def frame(request: HttpRequest, job: Job, tab: str) -> dict[str, Any]:
    """Header, timeline, tabs and facts."""
    execution = newest(job)
    steps = list(Step.objects.filter(execution=execution)) if execution else []
    pull = PullRequest.objects.filter(job=job).order_by("-id").first()
    used = job_usage(job, execution)
    place = queueing.place(job) if job.status == Job.Status.PENDING else None
    chart = _chart(job, execution, steps)
    return {
        "section": "jobs",
        "job": job,
        "project": job.project,
        "execution": execution,
        "timeline": _with_bars(entries(job, execution, steps), steps, chart),
        "chart": chart,
        "place": place,
        "reason": reason_of(job, place),
        "pull": pull,
        "results": results_of(job, execution, steps),
        "plan_now": _plan_now(job),
        "findings": _findings(steps),
        "notes": _notes(steps),
        "artifacts": Artifact.objects.filter(execution=execution)
        .exclude(kind=keeping.KIND)
        .order_by("id")
        if execution
        else [],
        "runner": runners.named(job.runner, job.requested_by, job.project.team, job.model),
        "blocked": blocked.places(execution, job),
        "keys": key_lines(job, signed_in(request)),
        "usual": usually(job) if not job.is_ended else "",
        "usage": used,
        "priorities": PRIORITIES,
        "priority": priority_name(job),
        "can_write": can_write(request, job.project.team),
        "tab": tab,
        "tabs": _tabs(job, execution, tab),
        "seen": digest(job, execution, steps, pull, used, place),
    }


def seen(job: Job) -> str:
    """The digest of a page as it would be now; it looks at no step's result, which may be large."""
    execution = newest(job)
    found = Step.objects.filter(execution=execution).defer("result", "error")
    pull = PullRequest.objects.filter(job=job).order_by("-id").first()
    place = queueing.place(job) if job.status == Job.Status.PENDING else None
    steps = list(found) if execution else []
    return digest(job, execution, steps, pull, job_usage(job, execution), place)


def digest(
    job: Job,
    execution: Execution | None,
    steps: list[Step],
    pull: PullRequest | None,
    used: JobUsage,
    place: Place | None,
) -> str:
    """Changes when anything in the header, timeline or facts does."""
    parts: list[object] = [job.status, job.outcome, job.cancel_requested_at, job.decision, used]
    parts.append(job.approval)
    parts += [place, job.waiting_reason, job.priority]
    if execution:
        parts += [execution.pk, execution.isolation, execution.blocked]
    parts += [(step.pk, step.status, step.attempts) for step in steps]
    if pull:
        parts += [pull.pk, pull.state, pull.draft, pull.title]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def usually(job: Job) -> str:
    """How long such jobs took before, in words; '' before there are three."""
    ((_, times),) = usual.times([job.project_id])
    if len(times) < usual.FEWEST:
        return ""
    low, high = times[len(times) // 4], times[-(len(times) // 4) - 1]
    unit, size = ("s", 1) if high < 90 else ("min", 60)
    first, last = max(1, round(low / size)), max(1, round(high / size))
    return f"usually about {last} {unit}" if first == last else f"usually {first} to {last} {unit}"


def _chart(job: Job, execution: Execution | None, steps: list[Step]) -> Chart | None:
    """The newest attempt's steps along its time; None before the first one."""
    if execution is None or not steps:
        return None
    end = execution.finished_at or job.finished_at or timezone.now()
    return bars.chart(steps, begun=execution.started_at, now=end)


def _with_bars(timeline: list[Entry], steps: list[Step], chart: Chart | None) -> list[Entry]:
    """The steps that began come first in the timeline, in the same order."""
    drawn = {(bar.name, bar.round): bar for bar in chart.bars} if chart else {}
    begun = [
        replace(entry, bar=drawn.get((step.name, step.round)))
        for entry, step in zip(timeline, steps, strict=False)
    ]
    return [*begun, *timeline[len(begun) :]]


def _findings(steps: list[Step]) -> list[dict[str, Any]]:
    for step in reversed(steps):
        if step.name == "guard" and isinstance(step.result, dict):
            return list(step.result.get("findings", []))
    return []


def _plan_now(job: Job) -> Plan | None:
    """The cluster's newest plan, when it says something else than the one that the job carries out."""
    if job.cluster_id is None or not job.plan_digest:
        return None
    newest = Plan.objects.filter(cluster=job.cluster_id).order_by("-version").first()
    return newest if newest and newest.digest != job.plan_digest else None


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
