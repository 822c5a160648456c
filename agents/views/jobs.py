"""A job's pages: is it working, and can I trust it?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from agents.logs.plain import without_codes
from agents.logs.reading import tail
from agents.models import Artifact, Execution, Job, LogChunk, Receipt, Step
from agents.pipelines import keeping
from agents.pipelines.test_files import is_test_path
from agents.services import jobs as service
from agents.services import provenance
from agents.views import diffs
from agents.views.activity import happenings
from agents.views.code import code_refusal, require_code
from agents.views.comparison import compare
from agents.views.job_page import frame, newest, seen, visible
from agents.views.log_lines import line_after
from clusters.models import Project
from credentials.paging import Listing
from credentials.services import audit
from credentials.views.helpers import act, signed_in, way_back

PAGE_SIZE = 50
TEXT_LIMIT = 2 << 20  # bytes of an artifact that a page shows

_FILTERS = {
    "all": ("All", None),
    "active": ("Active", Job.ACTIVE),
    "awaiting": ("Awaiting approval", {Job.Status.AWAITING_APPROVAL}),
    "completed": ("Completed", {Job.Status.COMPLETED}),
    "failed": ("Failed", {Job.Status.FAILED}),
    "cancelled": ("Cancelled", {Job.Status.CANCELLED}),
}


@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """Every job of the person's projects, newest first."""
    mine = Project.objects.for_user(signed_in(request))
    wanted = request.GET.get("project", "")
    project = None
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 19:
        project = get_object_or_404(mine, pk=int(wanted))
    status = request.GET.get("status", "all")
    status = status if status in _FILTERS else "all"
    within: dict[str, list[Any]] = {
        "project": [project.pk] if project else list(mine.values_list("pk", flat=True))
    }
    if statuses := _FILTERS[status][1]:
        within["status"] = sorted(statuses)
    rows = Job.objects.select_related("project", "requested_by").prefetch_related("pull_requests")
    page = Listing(rows, ("-id",), within).page(request.GET, PAGE_SIZE)
    filters = [
        {"value": value, "label": label, "current": value == status}
        for value, (label, _) in _FILTERS.items()
    ]
    context = {
        "section": "jobs",
        "project": project,
        "page": page,
        "filters": filters,
        "status": status,
    }
    return render(request, "agents/jobs.html", context)


@require_safe
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    """The log, live."""
    found = visible(request, job_id)
    execution = newest(found)
    refusal = code_refusal(request, found.project)
    context = {
        "refusal": refusal,
        "chunks": tail(execution) if execution and not refusal else [],
    }
    return render(request, "agents/job_log.html", frame(request, found, "log") | context)


@require_safe
def job_receipts(request: HttpRequest, job_id: int) -> HttpResponse:
    """What the platform measured: before, after, reproduction."""
    found = visible(request, job_id)
    execution = newest(found)
    refusal = code_refusal(request, found.project)
    measured = Receipt.objects.filter(execution=execution).order_by("id")
    receipts = list(measured) if execution and not refusal else []
    steps = Step.objects.filter(execution=execution) if receipts else []
    earlier = provenance.measured_in(steps)
    context = {
        "refusal": refusal,
        "receipts": receipts,
        "runs": [(each, earlier.get((each.kind, each.round))) for each in receipts],
        "comparison": compare(receipts),
    }
    return render(request, "agents/job_receipts.html", frame(request, found, "receipts") | context)


@require_safe
def job_diff(request: HttpRequest, job_id: int) -> HttpResponse:
    """What the agent changed; what the plan did not name is marked."""
    found = visible(request, job_id)
    require_code(request, found.project)
    execution = newest(found)
    planned = planned_paths(found)
    text = _artifact_text(execution, "diff") if execution else ""
    diff = diffs.parse(text, lambda path: path in planned or is_test_path(path))
    return render(request, "agents/job_diff.html", frame(request, found, "diff") | {"diff": diff})


@require_safe
def job_prompt(request: HttpRequest, job_id: int) -> HttpResponse:
    """What the agent was told."""
    found = visible(request, job_id)
    require_code(request, found.project)
    execution = newest(found)
    prompt = _artifact_text(execution, "prompt") if execution else ""
    return render(
        request, "agents/job_prompt.html", frame(request, found, "prompt") | {"prompt": prompt}
    )


@require_safe
def job_activity(request: HttpRequest, job_id: int) -> HttpResponse:
    """Who did what."""
    found = visible(request, job_id)
    context = {"events": happenings(audit.of(found))}
    return render(request, "agents/job_activity.html", frame(request, found, "activity") | context)


@require_safe
def job_state(request: HttpRequest, job_id: int) -> HttpResponse:
    """The header, timeline and facts for htmx; 204 while nothing changed since `seen`."""
    found = visible(request, job_id)
    if request.GET.get("seen") == seen(found):
        return HttpResponse(status=204)
    context = frame(request, found, request.GET.get("tab", "log"))
    # 286 tells htmx that there is nothing more to ask for.
    return render(
        request,
        "agents/_job_state.html",
        context | {"oob": True},
        status=286 if found.is_ended else 200,
    )


@require_safe
def job_log_text(request: HttpRequest, job_id: int) -> HttpResponseBase:
    """The whole log as a text file; with `?plain=1` without colours and other codes."""
    found = visible(request, job_id)
    require_code(request, found.project)
    execution = newest(found)
    text = _log_text(execution)
    if request.GET.get("plain") == "1":
        text = without_codes(text)
    response = StreamingHttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="job-{found.pk}.log"'
    return response


@require_safe
def job_log_at(request: HttpRequest, job_id: int, seq: int) -> HttpResponse:
    """Go to the line of the log that chunk `seq` begins with."""
    found = visible(request, job_id)
    require_code(request, found.project)
    execution = newest(found)
    before = (
        LogChunk.objects.filter(execution=execution, seq__lt=seq).order_by("seq")
        if execution
        else None
    )
    line = (
        line_after(before.values_list("stream", "text").iterator(chunk_size=200)) if before else 1
    )
    return redirect(f"{reverse('job', args=[found.pk])}#L{line}")


@require_safe
def job_artifact(request: HttpRequest, job_id: int, artifact_id: int) -> HttpResponseBase:
    """A kept file, only ever as a download: its content is a stranger's."""
    found = visible(request, job_id)
    require_code(request, found.project)
    kept = Artifact.objects.exclude(kind=keeping.KIND)  # commits that nobody may have looked at
    artifact = get_object_or_404(kept, pk=artifact_id, execution__job=found)
    try:
        file = artifact.file.open("rb")
    except FileNotFoundError as error:
        raise Http404("This file is not there any more.") from error
    return FileResponse(
        file,
        as_attachment=True,
        filename=artifact.name,
        content_type="application/octet-stream",
    )


@require_POST
def job_cancel(request: HttpRequest, job_id: int) -> HttpResponse:
    """Stop it."""
    found = visible(request, job_id)
    return act(
        request,
        lambda: service.cancel(signed_in(request), found),
        to=way_back(request, reverse("job", args=[found.pk])),
        done="The job is being cancelled. Its log and receipts are kept.",
    )


def planned_paths(found: Job) -> set[str]:
    """The files that the job's plan names."""
    named = [*found.plan_snapshot.get("files", []), *found.plan_snapshot.get("tests", [])]
    return {str(part.get("path", "")) for part in named}


def _log_text(execution: Execution | None) -> Iterator[str]:
    if execution is not None:
        chunks = (
            LogChunk.objects.filter(execution=execution)
            .order_by("seq")
            .values_list("text", flat=True)
        )
        yield from chunks.iterator(chunk_size=200)


def _artifact_text(execution: Execution, kind: str) -> str:
    artifact = Artifact.objects.filter(execution=execution, kind=kind).order_by("-id").first()
    if artifact is None:
        return ""
    try:
        with artifact.file.open("rb") as file:
            data: bytes = file.read(TEXT_LIMIT)
    except FileNotFoundError:
        return ""  # restored from a backup of the database alone, for instance
    return data.decode("utf-8", "replace")
