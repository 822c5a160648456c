"""Bringing reports in: by file and by hand."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from clusters.forms import FeedbackForm, ImportForm
from clusters.models import FeedbackImport, Project
from clusters.services import feedback as service
from credentials.errors import AppError
from credentials.views.helpers import can_write, refuse, require_writer, signed_in

PAST_IMPORTS = 20


@require_http_methods(["GET", "HEAD", "POST"])
def project_import(request: HttpRequest, project_id: int) -> HttpResponse:
    """Upload a file of reports."""
    user = signed_in(request)
    project = get_object_or_404(
        Project.objects.for_user(user).select_related("team"), pk=project_id
    )
    if request.method == "POST":
        require_writer(request, project.team)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            record = service.import_file(
                user, project, name=file.name, data=file.read(), kind=form.cleaned_data["kind"]
            )
        except AppError as error:
            refuse(form, error)
        else:
            return redirect("import_report", record.pk)
    past = project.imports.select_related("created_by").order_by("-id")[:PAST_IMPORTS]
    context = {
        "form": form,
        "project": project,
        "past": past,
        "can_write": can_write(request, project.team),
    }
    return render(request, "clusters/project_import.html", context)


@require_safe
def import_report(request: HttpRequest, import_id: int) -> HttpResponse:
    """What became of a file, row by row where something was refused."""
    imports = FeedbackImport.objects.for_user(signed_in(request))
    record = get_object_or_404(
        imports.select_related("project__team", "created_by", "source"), pk=import_id
    )
    return render(
        request, "clusters/import_report.html", {"record": record, "project": record.project}
    )


@require_http_methods(["GET", "HEAD", "POST"])
def feedback_new(request: HttpRequest, project_id: int) -> HttpResponse:
    """Write one report down."""
    user = signed_in(request)
    project = get_object_or_404(
        Project.objects.for_user(user).select_related("team"), pk=project_id
    )
    require_writer(request, project.team)
    form = FeedbackForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _, created = service.add_item(user, project, **form.cleaned_data)
        except AppError as error:
            refuse(form, error)
        else:
            messages.success(request, _said(created))
            return redirect(request.path if "again" in request.POST else f"/?project={project.pk}")
    return render(request, "clusters/feedback_new.html", {"form": form, "project": project})


def _said(created: bool) -> str:
    if created:
        return "The report was added. It joins its cluster in a few seconds."
    return "The very same report is here already: it counts once."
