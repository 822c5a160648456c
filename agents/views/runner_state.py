"""Whether the runner of a cluster or a job could run now: a part of their pages, asked for later."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from agents.services import checkups, runners
from agents.views.job_page import visible as visible_job
from agents.wiring import RunnerInfo
from clusters.models import Project
from clusters.views.clusters import visible
from credentials.views.helpers import can_write, signed_in


@never_cache
@require_safe
def cluster_runner(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """A fragment about the runner that works when nobody chooses another one."""
    project = visible(request, cluster_id).project
    return _answer(request, runners.active(signed_in(request), project), project)


@never_cache
@require_safe
def job_runner(request: HttpRequest, job_id: int) -> HttpResponse:
    """A fragment about the runner of a job, as the viewer would have it now."""
    job = visible_job(request, job_id)
    project = job.project
    return _answer(
        request, runners.named(job.runner, signed_in(request), project.team, job.model), project
    )


def _answer(request: HttpRequest, info: RunnerInfo, project: Project) -> HttpResponse:
    user = signed_in(request)
    context = {
        "info": info,
        "project": project,
        "line": checkups.runner_state(info, user, project.team),
        "disabled": not runners.is_enabled(info.name, project),
        "can_write": can_write(request, project.team),
    }
    return render(request, "agents/_runner_state.html", context)
