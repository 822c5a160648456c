"""Plans by coding agents, over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api.serializers import StartedSerializer
from agents.services import plan_jobs
from clusters.api.views import the_cluster, viewer


class PlanByAgentSerializer(serializers.Serializer[Any]):
    """Which runner plans ('': the project's), and what it is to heed."""

    runner = serializers.CharField(default="", allow_blank=True, max_length=64)
    hint = serializers.CharField(default="", allow_blank=True)


class PlanByAgent(APIView):
    """A plan by a coding agent that only looks."""

    @extend_schema(request=PlanByAgentSerializer, responses={202: StartedSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Start its job, or return the one that runs.

        409 `runner_cannot_plan`, `runner_not_configured` or `runner_disabled` (with those that
        are ready), `plan_in_progress`, `cluster_closed`.
        """
        cluster = the_cluster(request, pk)
        wanted = PlanByAgentSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        job, created = plan_jobs.start(viewer(request), cluster, **wanted.validated_data)
        body = StartedSerializer({"job": job, "created": created}).data
        return Response(body, status=status.HTTP_202_ACCEPTED)
