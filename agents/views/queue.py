"""What runs and what waits, in the viewer's teams: where, since when, and why not yet."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from agents.models import Job
from agents.services import health, status
from agents.services.findings import Line
from agents.services.health import KeyHealth
from agents.services.status import Overview, Pulse, Running
from agents.views.bars import KINDS, Chart, chart
from clusters.models import Project
from credentials.models import Membership, Team, User
from credentials.querysets import WRITERS
from credentials.views.helpers import signed_in, typed

BEAT_SILENT = 60.0  # seconds; beat hands something out every ten


@dataclass(frozen=True, slots=True)
class Row:
    """A running job with its bars."""

    entry: Running
    chart: Chart


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What jobs need beside a free worker; only what is in trouble is listed."""

    worker_is_there: bool
    keys: tuple[KeyHealth, ...]
    runners: tuple[Line, ...]


@never_cache
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Running jobs as bars along time, then those that wait, in their order."""
    return render(request, "agents/queue.html", _context(request))


@never_cache
@require_safe
def queue_state(request: HttpRequest) -> HttpResponse:
    """The same for htmx; 204 while nothing changed since `seen`."""
    context = _context(request)
    if typed(request, "seen") == context["seen"]:
        return HttpResponse(status=204)
    # Dialogs stay as they are while they are about the same jobs: one of them may be open.
    same = typed(request, "asked") == context["asked"]
    return render(
        request, "agents/_queue_state.html", context | {"oob": True, "same_dialogs": same}
    )


def rows(overview: Overview) -> list[Row]:
    """Running jobs with their bars."""
    return [Row(entry, _chart(entry, overview)) for entry in overview.running]


def digest(overview: Overview, *more: object) -> str:
    """Changes when anything on the page does but the time that passes, which pages count on."""
    parts: list[object] = [overview.running_count, overview.waiting_count, *more]
    for entry in overview.running:
        job, step = entry.job, entry.step
        done = (step.pk, step.status, step.attempts) if step else None
        stop = job.cancel_requested_at
        parts.append((job.pk, job.status, stop, entry.attempt, entry.sandbox, entry.lease.pulse))
        parts.append((done, job.priority, round(entry.usual or 0)))
    for wait in overview.waiting:
        job = wait.job
        parts.append((job.pk, job.status, job.priority, wait.position, wait.reason))
        parts.append(wait.not_before)
    return _hash(parts)


def worker_is_there(overview: Overview, beat: float | None) -> bool:
    """Whether beat reached a worker lately, `beat` seconds ago, or one renews its leases."""
    renews = any(entry.lease.pulse == Pulse.BEATS for entry in overview.running)
    return renews or (beat is not None and beat < BEAT_SILENT)


def legend(found: list[Row]) -> dict[str, str]:
    """The kinds of bars and their words; earlier attempts only where there are some."""
    kinds = {bar.kind for row in found for bar in row.chart.bars}
    return {kind: word for kind, word in KINDS.items() if kind != "earlier" or kind in kinds}


def _context(request: HttpRequest) -> dict[str, Any]:
    user = signed_in(request)
    project = _project(request, user)
    jobs = Job.objects.for_user(user)
    found = status.overview(jobs.filter(project=project) if project else jobs)
    writes = _written_teams(user)
    around, drawn = _surroundings(user, found), rows(found)
    cancellable = [
        job for job in found.jobs if job.project.team_id in writes and not job.cancel_requested_at
    ]
    return {
        "section": "queue",
        "project": project,
        "projects": _projects(user, project),
        "overview": found,
        "rows": drawn,
        "kinds": legend(drawn),
        "around": around,
        "cancellable": {job.pk for job in cancellable},
        "dialogs": cancellable,
        "seen": digest(found, around, sorted(writes)),
        "asked": _hash(sorted(job.pk for job in cancellable)),
        "late_after": round(status.late_after()),
    }


def _chart(entry: Running, overview: Overview) -> Chart:
    job = entry.job
    usual = None if entry.usual is None else entry.usual + job.paused_seconds
    return chart(
        entry.steps,
        begun=job.started_at or job.created_at,
        now=overview.now,
        attempt_began=entry.attempt_began if entry.attempt > 1 else None,
        usual=usual,
    )


def _surroundings(user: User, found: Overview) -> Surroundings:
    wanted = defaultdict[Team, set[str]](set)
    for job in found.jobs:
        wanted[job.project.team].add(job.runner)
    lines = [line for team, names in wanted.items() for line in health.unfit(names, user, team)]
    return Surroundings(
        worker_is_there=worker_is_there(found, status.seconds_since_beat()),
        keys=tuple(key for key in health.keys(user) if not key.is_good),
        runners=tuple({line.name: line for line in lines}.values()),
    )


def _project(request: HttpRequest, user: User) -> Project | None:
    wanted = typed(request, "project")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 19):
        return None
    return get_object_or_404(Project.objects.for_user(user), pk=int(wanted))


def _projects(user: User, chosen: Project | None) -> list[Project]:
    """Those with something in the queue, and the chosen one."""
    active = Project.objects.for_user(user).filter(jobs__status__in=Job.ACTIVE).distinct()
    found = list(active.order_by("name", "pk")[:20])
    return [*found, *([chosen] if chosen and chosen not in found else [])]


def _written_teams(user: User) -> set[int]:
    mine = Membership.objects.filter(user=user, role__in=WRITERS)
    return set(mine.values_list("team", flat=True))


def _hash(parts: Sequence[object]) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
