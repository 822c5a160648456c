"""Jobs for operators: looked at and cancelled, never edited; and the queue of all teams."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST, require_safe

from agents.models import Job
from agents.services import health, jobs, status
from agents.views.queue import digest, legend, rows, worker_is_there
from credentials.admin import ReadOnlyAdmin
from credentials.models import User


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """All jobs; the action cancels those that wait or run."""

    list_display = (
        "id",
        "title",
        "project",
        "status",
        "outcome",
        "runner",
        "requested_by",
        "created_at",
    )
    list_select_related = ("project", "requested_by")
    list_filter = ("status", "outcome", "runner", "kind")
    search_fields = ("title", "branch")
    actions = ("cancel",)

    @admin.action(description="Cancel selected jobs", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """The same service as the page and the API."""
        assert isinstance(request.user, User)
        active = list(queryset.filter(status__in=Job.ACTIVE).select_related("project__team"))
        for job in active:
            jobs.cancel(request.user, job)
        messages.success(request, f"Asked {len(active)} jobs to stop; ended ones were left alone.")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Operators who may change jobs."""
        return request.user.has_perm("agents.change_job")

    def get_urls(self) -> list[URLPattern]:
        """Beside the list: the queue, its state for htmx, and its buttons."""
        site = self.admin_site.admin_view
        own = [
            path("queue/", site(require_safe(self.queue)), name="agents_job_queue"),
            path(
                "queue/state/", site(require_safe(self.queue_state)), name="agents_job_queue_state"
            ),
            path(
                "queue/<int:job_id>/cancel/",
                site(require_POST(self.queue_cancel)),
                name="agents_job_queue_cancel",
            ),
        ]
        return [*own, *super().get_urls()]

    def queue(self, request: HttpRequest) -> HttpResponse:
        """What runs where and what waits, of all teams."""
        context = {**self.admin_site.each_context(request), **self._queue(request)}
        return TemplateResponse(request, "admin/agents/job/queue.html", context)

    def queue_state(self, request: HttpRequest) -> HttpResponse:
        """The same for htmx; 204 while nothing changed since `seen`."""
        context = self._queue(request)
        if request.GET.get("seen") == context["seen"]:
            return HttpResponse(status=204)
        context["same_dialogs"] = request.GET.get("asked") == context["asked"]
        return TemplateResponse(
            request, "admin/agents/job/_queue_state.html", {**context, "oob": True}
        )

    def queue_cancel(self, request: HttpRequest, job_id: int) -> HttpResponse:
        """Stop one job, whoever's it is."""
        assert isinstance(request.user, User)
        if not self.has_cancel_permission(request):
            raise PermissionDenied("Only operators who may change jobs can cancel them.")
        job = get_object_or_404(Job.objects.select_related("project__team"), pk=job_id)
        jobs.cancel(request.user, job)
        messages.success(request, f"Asked job {job.pk} to stop; one that has ended stays as it is.")
        return redirect("admin:agents_job_queue")

    def _queue(self, request: HttpRequest) -> dict[str, Any]:
        if not self.has_view_permission(request):
            raise PermissionDenied("Only operators who may look at jobs see the queue.")
        found = status.overview(Job.objects.all())
        beat, keys = status.seconds_since_beat(), health.troubled_keys()
        there, drawn = worker_is_there(found, beat), rows(found)
        stoppable = [
            job
            for job in found.jobs
            if self.has_cancel_permission(request) and not job.cancel_requested_at
        ]
        renewed = [each.lease.renewed_at for each in found.running]
        return {
            "title": "Queue of all teams",
            "opts": self.opts,
            "overview": found,
            "rows": drawn,
            "kinds": legend(drawn),
            "worker_is_there": there,
            "beat": beat,
            "keys": keys,
            "cancellable": {job.pk for job in stoppable},
            "dialogs": stoppable,
            "seen": digest(found, renewed, there, keys),
            "asked": " ".join(str(job.pk) for job in stoppable),
        }
