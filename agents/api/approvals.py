"""A person's word on what a job waits for, over HTTP."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api import serializers as s
from agents.models import Job
from agents.services import approvals
from clusters.api.views import viewer


class Approve(APIView):
    """Let a job go on that waits for a person."""

    @extend_schema(request=s.DecisionSerializer, responses=s.JobListSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Approve its change, which is pushed as soon as a worker is free, or start its work.

        Who approves a job that nobody started (`approval` is "start") becomes its requester, and
        is refused for the same reasons as `start_fix`. 409 `already_decided`, `job_cancelled` or `not_waiting` when there is nothing to decide
        (any more); 403 when you may only look, or the forge does not show you the repository.
        """
        job = approvals.approve(viewer(request), _job(request, pk), _comment(request))
        return Response(s.JobListSerializer(job).data)


class Reject(APIView):
    """End a job that waits for a person."""

    @extend_schema(request=s.DecisionSerializer, responses=s.JobListSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Reject its change: the draft is closed with the comment, and nothing is pushed.

        A job that nobody started ends, and its cluster is where it was.

        409 as for an approval; 403 when you may only look.
        """
        job = approvals.reject(viewer(request), _job(request, pk), _comment(request))
        return Response(s.JobListSerializer(job).data)


def _job(request: Request, pk: int) -> Job:
    found = Job.objects.for_user(viewer(request)).select_related(
        "project__team", "cluster__project__team"
    )
    return get_object_or_404(found, pk=pk)


def _comment(request: Request) -> str:
    said = s.DecisionSerializer(data=request.data)
    said.is_valid(raise_exception=True)
    comment: str = said.validated_data.get("comment", "")
    return comment
