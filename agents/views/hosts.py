"""Letting jobs reach a host that they were kept from."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from agents.services import blocked
from agents.views.job_page import visible
from credentials.views.helpers import act, signed_in


@require_POST
def job_allow_host(request: HttpRequest, job_id: int) -> HttpResponse:
    """Allow a host that this job was kept from, for its project."""
    job = visible(request, job_id)
    port = request.POST.get("port", "")

    def work() -> None:
        sentence = blocked.allow(
            signed_in(request),
            job,
            host=request.POST.get("host", "")[:300],
            phase=request.POST.get("phase", "")[:20],
            port=int(port) if port.isascii() and port.isdigit() and len(port) < 6 else None,
        )
        messages.success(request, sentence)

    return act(request, work, to=reverse("job", args=[job.pk]))
