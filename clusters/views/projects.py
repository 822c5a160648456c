"""Connecting a repository and choosing how it is worked on."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from clusters.forms import ConnectForm, SettingsForm
from clusters.models import Project
from clusters.services import projects as service
from credentials.errors import AppError
from credentials.models import Team, User
from credentials.querysets import WRITERS
from credentials.services import teams
from credentials.views.helpers import can_write, refuse, require_writer, signed_in


@require_http_methods(["GET", "HEAD", "POST"])
def project_new(request: HttpRequest) -> HttpResponse:
    """Connect a repository."""
    user = signed_in(request)
    choices = _writable_teams(user)
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
    return render(
        request, "clusters/project_new.html", {"form": form, "one_team": choices.count() == 1}
    )


@require_http_methods(["GET", "HEAD", "POST"])
def project_settings(request: HttpRequest, project_id: int) -> HttpResponse:
    """How a project is worked on; a viewer can read it."""
    user = signed_in(request)
    project = get_object_or_404(
        Project.objects.for_user(user).select_related("team"), pk=project_id
    )
    if request.method == "POST":
        require_writer(request, project.team)
    form = SettingsForm(request.POST or None, instance=project)
    if request.method == "POST" and form.is_valid():
        try:
            service.update_project(
                user, project, **{name: form.cleaned_data[name] for name in form.changed_data}
            )
        except AppError as error:
            refuse(form, error)
        else:
            messages.success(
                request, "The settings were saved. Jobs that run already keep the old ones."
            )
            return redirect("project_settings", project.pk)
    writer = can_write(request, project.team)
    if not writer:
        for field in form.fields.values():
            field.disabled = True
    sources = project.sources.order_by("id")
    known = Project.objects.only("name", "team").get(pk=project.pk)
    context = {
        "form": form,
        "project": known,
        "can_write": writer,
        "sources": sources,
        "location": project,
    }
    return render(request, "clusters/project_settings.html", context)


def _writable_teams(user: User) -> QuerySet[Team]:
    mine = Team.objects.filter(memberships__user=user, memberships__role__in=WRITERS).order_by(
        "-personal", "name"
    )
    if not mine.exists():
        teams.personal_team(user)
    return mine.all()
