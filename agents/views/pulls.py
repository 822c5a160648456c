"""A pull request: should I merge?"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from agents.models import PullRequest
from agents.pipelines.test_files import is_test_path
from agents.services import pulls as service
from agents.services.pulls import PullView
from agents.views import diffs
from agents.views.activity import happenings
from agents.views.jobs import planned_paths
from credentials.errors import AppError
from credentials.models import User
from credentials.services import audit
from credentials.views.helpers import Tab, act, can_write, signed_in


@require_safe
def pull(request: HttpRequest, pull_id: int) -> HttpResponse:
    """Text, commits and what happened."""
    found = _visible(request, pull_id)
    context = _frame(request, found, "conversation") | {"events": happenings(audit.of(found))}
    return render(request, "agents/pull.html", context)


@require_safe
def pull_files(request: HttpRequest, pull_id: int) -> HttpResponse:
    """The whole difference."""
    found = _visible(request, pull_id)
    context = _frame(request, found, "files")
    view = context["view"]
    planned = planned_paths(found.job) if found.job else None
    expected = (lambda path: path in planned or is_test_path(path)) if planned else None
    diff = diffs.parse(view.diff if view else "", expected)
    return render(request, "agents/pull_files.html", context | {"diff": diff})


@require_POST
def pull_ready(request: HttpRequest, pull_id: int) -> HttpResponse:
    """No draft any more."""
    found = _visible(request, pull_id)
    return act(
        request,
        lambda: service.mark_ready(signed_in(request), found),
        to=reverse("pull", args=[found.pk]),
        done="Ready: it can be merged now.",
    )


@require_POST
def pull_merge(request: HttpRequest, pull_id: int) -> HttpResponse:
    """Merge into the base branch."""
    found = _visible(request, pull_id)
    return act(
        request,
        lambda: service.merge(signed_in(request), found),
        to=reverse("pull", args=[found.pk]),
        done=f"Merged into {found.base_branch}. The cluster is resolved.",
    )


@require_POST
def pull_close(request: HttpRequest, pull_id: int) -> HttpResponse:
    """Close without merging."""
    found = _visible(request, pull_id)
    return act(
        request,
        lambda: service.close(signed_in(request), found),
        to=reverse("pull", args=[found.pk]),
        done="Closed without merging. The cluster can be fixed again.",
    )


def _visible(request: HttpRequest, pull_id: int) -> PullRequest:
    pulls = PullRequest.objects.for_user(signed_in(request))
    return get_object_or_404(pulls.select_related("project__team", "cluster", "job"), pk=pull_id)


def _frame(request: HttpRequest, found: PullRequest, tab: str) -> dict[str, Any]:
    view, problem = _read(signed_in(request), found)
    known = (
        ("conversation", "Conversation", "pull", None),
        ("files", "Files", "pull_files", len(view.changed) if view else None),
    )
    return {
        "section": "jobs",
        "pull": found,
        "project": found.project,
        "view": view,
        "problem": problem,
        "can_write": can_write(request, found.project.team),
        "is_open": found.state == PullRequest.State.OPEN,
        "tabs": [
            Tab(label=label, url=reverse(name, args=[found.pk]), current=key == tab, count=count)
            for key, label, name, count in known
        ],
    }


def _read(user: User, found: PullRequest) -> tuple[PullView | None, str]:
    """What the forge says, or a sentence why it says nothing: the page still shows our copy."""
    try:
        return service.view(user, found), ""
    except AppError as error:
        return None, error.message
