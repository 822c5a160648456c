"""A person's word on what a job waits for."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from agents.services import approvals as service
from agents.services.starting import START
from agents.views.job_page import visible
from credentials.views.helpers import act, signed_in


@require_POST
def job_approve(request: HttpRequest, job_id: int) -> HttpResponse:
    """Let the job push its change, or start one that nobody started."""
    found = visible(request, job_id)
    return act(
        request,
        lambda: service.approve(signed_in(request), found, _comment(request)),
        to=reverse("job", args=[found.pk]),
        done=(
            "Started. The job is yours from now on."
            if found.approval == START
            else "Approved. The change is pushed as soon as a worker is free."
        ),
    )


@require_POST
def job_reject(request: HttpRequest, job_id: int) -> HttpResponse:
    """End the job without what it waits for."""
    found = visible(request, job_id)
    return act(
        request,
        lambda: service.reject(signed_in(request), found, _comment(request)),
        to=reverse("job", args=[found.pk]),
        done=(
            "Rejected. The proposal is not made again."
            if found.approval == START
            else "Rejected. The draft is closed, and nothing of the change is pushed."
        ),
    )


def _comment(request: HttpRequest) -> str:
    # A character more than is taken, so that too long a comment is refused and not cut.
    return request.POST.get("comment", "")[: service.LONGEST_COMMENT + 1]
