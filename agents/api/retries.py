"""Trying an ended job again, over HTTP."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api import serializers as s
from agents.models import Job
from agents.services import jobs, retries
from clusters.api.views import viewer


class Retry(APIView):
    """An ended job, once more."""

    @extend_schema(responses=s.RetryStepSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """The steps that a retry may begin with, and why this job does not offer the others."""
        steps = retries.retryable_steps(_job(request, pk))
        return Response(s.RetryStepSerializer(steps, many=True).data)

    @extend_schema(request=s.RetrySerializer, responses={202: s.StartedSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Try it again as a new job, or return the one that runs for its cluster.

        409 `job_active` while it has not ended, `cluster_gone`, `step_not_offered` (with those
        that are), and what `start_fix` answers; 400 `step_unknown`.
        """
        wanted = s.RetrySerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = wanted.validated_data
        job, created = jobs.retry(
            viewer(request),
            _job(request, pk),
            given.get("from_step", ""),
            given.get("runner", ""),
            credential=given.get("credential"),
            model=given.get("model", ""),
            priority=given.get("priority"),
        )
        body = s.StartedSerializer({"job": job, "created": created}).data
        return Response(body, status=status.HTTP_202_ACCEPTED)


def _job(request: Request, pk: int) -> Job:
    found = Job.objects.for_user(viewer(request)).select_related(
        "project__team", "cluster__project__team", "plan", "credential"
    )
    return get_object_or_404(found, pk=pk)
