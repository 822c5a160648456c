"""What stands in the way of a fix: a part of the plan's page that is asked for once it is there."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from agents.services import preflight as service
from clusters.views.clusters import visible
from credentials.views.helpers import signed_in


@never_cache
@require_safe
def cluster_preflight(request: HttpRequest, cluster_id: int) -> HttpResponse:
    """A fragment: each finding with what puts it right."""
    found = service.findings(signed_in(request), visible(request, cluster_id))
    return render(request, "agents/_preflight.html", {"findings": found})
