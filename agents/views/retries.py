"""Trying an ended job again, and who goes first among those that wait."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from agents.models import Job
from agents.services import jobs as service
from agents.services import retries, runners
from agents.views.job_page import visible
from agents.views.priorities import PRIORITIES, priority_name, priority_of
from credentials.views.helpers import act, go, require_writer, signed_in

# Where only the last steps failed, they are what people want to try again.
_AT_THE_END = {
    "push_refused",
    "forge_refused",
    "forge_unavailable",
    "rate_limited",
    "credential_expired",
    "guard_blocked",
}


@require_http_methods(["GET", "HEAD", "POST"])
def job_retry(request: HttpRequest, job_id: int) -> HttpResponse:
    """Choose a step, a runner and a priority; then go to the new job."""
    found = visible(request, job_id)
    if request.method == "POST":
        return _begin(request, found)
    require_writer(request, found.project.team)
    steps = retries.retryable_steps(found)
    offered = [step.name for step in steps if step.is_offered]
    user, team = signed_in(request), found.project.team
    infos = runners.available(user, team, found.project)
    fragment = bool(request.headers.get("HX-Request"))
    context = {
        "section": "jobs",
        "fragment": fragment,
        "project": found.project,
        "job": found,
        "steps": steps,
        "offered": offered,
        "chosen": _usual(found, offered),
        "runners": [info for info in infos if info.configured or info.name == found.runner],
        "models": runners.suggested_models(found.runner),
        "priorities": PRIORITIES,
        "priority": priority_name(found),
    }
    name = "agents/_retry_form.html" if fragment else "agents/job_retry.html"
    return render(request, name, context)


@require_POST
def job_priority(request: HttpRequest, job_id: int) -> HttpResponse:
    """Who goes first, for a job that waits."""
    found = visible(request, job_id)
    wanted = priority_of(request)
    return act(
        request,
        lambda: service.set_priority(
            signed_in(request), found, found.priority if wanted is None else wanted
        ),
        to=reverse("job", args=[found.pk]),
        done="The priority was changed.",
    )


def _begin(request: HttpRequest, found: Job) -> HttpResponse:
    started: list[Job] = []
    wish: dict[str, Any] = {
        "model": request.POST.get("model", "")[:100],
        "priority": priority_of(request),
    }

    def work() -> None:
        step, runner = (request.POST.get(name, "")[:64] for name in ("from_step", "runner"))
        started.append(service.retry(signed_in(request), found, step, runner, **wish)[0])

    answer = act(request, work, to=reverse("job", args=[found.pk]))
    return go(request, reverse("job", args=[started[0].pk])) if started else answer


def _usual(found: Job, offered: list[str]) -> str:
    """The step that is chosen already."""
    if retries.PUBLISH in offered and found.outcome in _AT_THE_END:
        return retries.PUBLISH
    return next(iter(offered), "")
