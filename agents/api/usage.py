"""What agents used, over HTTP."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api import serializers as s
from agents.services import usage
from clusters.api.views import integer, typed, viewer
from clusters.models import Project
from credentials.models import Team

PARAMETERS = [
    OpenApiParameter("month", OpenApiTypes.STR, description="As 2026-11; without: this month."),
    OpenApiParameter("project_id", OpenApiTypes.INT),
    OpenApiParameter("team_id", OpenApiTypes.INT),
]


class Usage(APIView):
    """What the agents of your teams used."""

    @extend_schema(parameters=PARAMETERS, responses=s.UsageSerializer)
    def get(self, request: Request) -> Response:
        """A month by project and by person, and the twelve months up to it.

        404 for a project or a team that is not yours, 400 `month_invalid`.
        """
        month = usage.month_of(typed(request.query_params.get("month")) or "")
        seen = usage.visible(viewer(request), team=_team(request), project=_project(request))
        of_month = usage.during(seen, month)
        found = {
            "month": f"{month:%Y-%m}",
            "total": usage.total(of_month),
            "projects": usage.by_project(of_month),
            "people": usage.by_person(of_month),
            "months": usage.by_month(seen, month),
        }
        return Response(s.UsageSerializer(found).data)


def _project(request: Request) -> Project | None:
    wanted = request.query_params.get("project_id")
    if not wanted:
        return None
    return get_object_or_404(
        Project.objects.for_user(viewer(request)), pk=integer(wanted, "project_id")
    )


def _team(request: Request) -> Team | None:
    wanted = request.query_params.get("team_id")
    if not wanted:
        return None
    mine = Team.objects.filter(memberships__user=viewer(request))
    return get_object_or_404(mine, pk=integer(wanted, "team_id"))
