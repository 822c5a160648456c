"""How a project is worked on: by which agent, with which network, and what is looked at."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from agents.pipelines.guard import GUARD_KINDS
from agents.services import runners
from agents.wiring import RunnerInfo
from clusters.models import Project
from clusters.services import projects as service
from clusters.services import sources
from clusters.settings_form import SettingsForm
from credentials.errors import AppError
from credentials.views.helpers import can_write, refuse, require_writer, signed_in

# What people call the kinds of findings; a kind without a title is shown by its name.
_GUARD_TITLES = {
    "secret": "Something that looks like a secret",
    "protected_path": "A protected file",
    "symlink": "A symbolic link",
    "submodule": "A submodule",
    "strange_path": "A file with a strange name",
    "author": "A commit in somebody else's name",
    "binary": "A binary file",
    "lfs_pointer": "A file in Git LFS",
    "outside_plan": "A file that the plan does not name",
    "size": "A very large change",
    "lint": "Something that a security linter reports",
}


@require_http_methods(["GET", "HEAD", "POST"])
def project_settings(request: HttpRequest, project_id: int) -> HttpResponse:
    """How a project is worked on; a viewer can read it."""
    user = signed_in(request)
    project = get_object_or_404(
        Project.objects.for_user(user).select_related("team"), pk=project_id
    )
    if request.method == "POST":
        require_writer(request, project.team)
    infos = runners.available(user, project.team)
    form = SettingsForm(
        request.POST or None,
        instance=project,
        runners=[(info.name, _label(info)) for info in infos],
        guard={kind: (_title(kind), usual) for kind, usual in GUARD_KINDS.items()},
    )
    if request.method == "POST" and form.is_valid():
        try:
            service.update_project(user, project, **form.changes())
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
    # The form has put what was sent into its own object.
    known = Project.objects.select_related("team").get(pk=project.pk)
    context = {
        "form": form,
        "project": known,
        "can_write": writer,
        "sources": sources.of_project(known),
        "active": runners.active(user, known),
        "default": runners.default(),
    }
    return render(request, "agents/project_settings.html", context)


def _label(info: RunnerInfo) -> str:
    state = "" if info.configured else " (not ready)"
    return f"{info.title}, {info.name}{state}"


def _title(kind: str) -> str:
    return _GUARD_TITLES.get(kind, kind.replace("_", " ").capitalize())
