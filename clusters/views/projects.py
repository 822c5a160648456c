"""Connecting a repository. How it is worked on: see `agents.views.project_settings`."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from clusters.forms import ChooseForm, ConnectForm
from clusters.services import projects as service
from clusters.services.projects import github
from clusters.views.repositories import search
from credentials.errors import AppError, Forbidden, NotFound
from credentials.models import Team, User
from credentials.querysets import WRITERS
from credentials.services import teams
from credentials.views.helpers import as_http, refuse, signed_in


@require_http_methods(["GET", "HEAD", "POST"])
def project_new(request: HttpRequest) -> HttpResponse:
    """Connect a repository."""
    user = signed_in(request)
    choices = writable_teams(user)
    form = ConnectForm(request.POST or None, teams=choices, initial={"team": choices.first()})
    if request.method == "POST" and form.is_valid():
        try:
            project = service.create_project(user, **form.cleaned_data)
        except AppError as error:
            refuse(form, error)
        else:
            messages.success(
                request, f"{project.name} is connected. Now bring in what people say about it."
            )
            return redirect("project_import", project.pk)
    connected = github.is_connected(user)
    context = {
        "form": form,
        "choice": ChooseForm(teams=choices, initial={"team": choices.first()}, auto_id="choose_%s"),
        "one_team": choices.count() == 1,
        "github": connected,
        "local": form.is_bound or not connected or settings.LOCAL_REPOSITORIES,
        # Without scripts, the search comes back as this page.
        "found": search(request) if connected and "q" in request.GET else None,
    }
    return render(request, "clusters/project_new.html", context)


@require_POST
def project_connect(request: HttpRequest) -> HttpResponse:
    """Connect a repository that was chosen from the list."""
    user = signed_in(request)
    form = ChooseForm(request.POST, teams=writable_teams(user))
    if not form.is_valid():
        messages.error(request, "Choose a repository and one of your teams.")
        return redirect("project_new")
    try:
        project = service.connect_github(user, **form.cleaned_data)
    except (Forbidden, NotFound) as error:
        raise as_http(error) from error
    except AppError as error:
        fields: dict[str, list[str]] = error.extra.get("fields", {})
        messages.error(request, " ".join(fields.get("repository", [error.message])))
        return redirect("project_new")
    messages.success(
        request, f"{project.name} is connected. Now bring in what people say about it."
    )
    return redirect("project_import", project.pk)


def writable_teams(user: User) -> QuerySet[Team]:
    """Where this person may connect a project."""
    mine = Team.objects.filter(memberships__user=user, memberships__role__in=WRITERS).order_by(
        "-personal", "name"
    )
    if not mine.exists():
        teams.personal_team(user)
    return mine.all()
