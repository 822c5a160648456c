"""Jobs over HTTP."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api import serializers as s
from agents.logs.reading import chunks_after
from agents.models import Job
from agents.services import jobs, runners
from clusters.api.lists import OfMyProjects
from clusters.api.views import integer, the_cluster, typed, viewer
from clusters.forges.base import ForgeError
from clusters.services.projects import repositories
from credentials.errors import Conflict


class StartFix(APIView):
    """Generate a fix for a cluster."""

    @extend_schema(request=s.StartSerializer, responses={202: s.StartedSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Start a job, or return the one that runs.

        409 `plan_not_approved` (read and approve the plan), `runner_not_configured` or
        `runner_disabled` (with those that are ready); 400 `credential_unknown` when the key cannot
        be yours to choose, `model_invalid` for a model that the runner cannot work with.
        """
        wanted = s.StartSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        job, created = jobs.start_fix(
            viewer(request),
            the_cluster(request, pk),
            runner=wanted.validated_data.get("runner", ""),
            credential=wanted.validated_data.get("credential"),
            model=wanted.validated_data.get("model", ""),
            priority=wanted.validated_data.get("priority"),
        )
        body = s.StartedSerializer({"job": job, "created": created}).data
        return Response(body, status=status.HTTP_202_ACCEPTED)


FILTERS = [
    OpenApiParameter("cluster_id", OpenApiTypes.INT),
    OpenApiParameter("status", OpenApiTypes.STR, description="One status, or several with commas."),
]


class Jobs(OfMyProjects, generics.ListAPIView[Job]):
    """The jobs of your projects."""

    serializer_class = s.JobListSerializer

    @extend_schema(parameters=FILTERS)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Newest first."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Job]:
        """Only the viewer's."""
        jobs = Job.objects.select_related("requested_by", "decided_by").order_by("-id")
        return jobs.filter(project__in=self.mine)

    def within(self) -> dict[str, list[Any]]:
        """A cluster's jobs are few enough to look through; all of them go by project."""
        query = self.request.query_params
        within: dict[str, list[Any]] = {"project": self.mine}
        if cluster := query.get("cluster_id"):
            within = {"cluster": [integer(cluster, "cluster_id")]}
        if wanted := typed(query.get("status")):
            within["status"] = sorted({*wanted.split(",")} & {*Job.Status.values})
        return within


class OneJob(APIView):
    """One job."""

    @extend_schema(responses=s.JobSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """With its attempts, steps, receipts and pull request.

        Receipts show code: 403 when the forge does not show you the repository, 409 when it cannot
        be asked.
        """
        found = Job.objects.for_user(viewer(request)).select_related(
            "project", "requested_by", "decided_by"
        )
        job = get_object_or_404(
            found.prefetch_related("executions__steps", "executions__receipts", "pull_requests"),
            pk=pk,
        )
        _require_code(request, job)
        return Response(s.JobSerializer(job).data)

    @extend_schema(request=s.JobChangeSerializer, responses=s.JobListSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Cancel it with `{"status": "cancelled"}`, or change its `priority` while it waits.

        409 `job_begun` when it does not wait any more.
        """
        job = get_object_or_404(
            Job.objects.for_user(viewer(request)).select_related("project__team"), pk=pk
        )
        change = s.JobChangeSerializer(data=request.data)
        change.is_valid(raise_exception=True)
        if "priority" in change.validated_data:
            job = jobs.set_priority(viewer(request), job, change.validated_data["priority"])
        else:
            job = jobs.cancel(viewer(request), job)
        return Response(s.JobListSerializer(job).data)


class JobLogs(APIView):
    """The log of a job's newest attempt."""

    @extend_schema(
        parameters=[
            OpenApiParameter("after", OpenApiTypes.INT),
            OpenApiParameter("execution", OpenApiTypes.INT),
        ],
        responses=s.LogSerializer,
    )
    def get(self, request: Request, pk: int) -> Response:
        """Chunks with a `seq` above `after`, at most 500.

        A log shows code: 403 when the forge does not show you the repository, 409 when it cannot
        be asked.
        """
        found = Job.objects.for_user(viewer(request)).select_related("project")
        job = get_object_or_404(found, pk=pk)
        _require_code(request, job)
        after = integer(request.query_params.get("after") or "0", "after")
        attempts = job.executions.order_by("-number")
        if number := request.query_params.get("execution"):
            attempts = attempts.filter(number=integer(number, "execution"))
        execution = attempts.first()
        if execution is None:
            return Response({"execution": None, "chunks": [], "last": after, "ended": job.is_ended})
        chunks = chunks_after(execution, after)
        last = chunks[-1]["seq"] if chunks else after
        # The end is told only with the last line.
        ended = execution.status != execution.Status.RUNNING and last >= execution.log_seq
        return Response(
            {"execution": execution.number, "chunks": chunks, "last": last, "ended": ended}
        )


class Runners(APIView):
    """The runners that can be chosen."""

    @extend_schema(responses=s.RunnerSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Those that are ready for you, by your own keys or the operator's, first."""
        infos = runners.available(viewer(request), None)
        return Response(s.RunnerSerializer(infos, many=True).data)


def _require_code(request: Request, job: Job) -> None:
    """Raise Forbidden, or Conflict when the forge cannot be asked."""
    try:
        repositories.require_read(job.project, viewer(request))
    except ForgeError as error:
        raise Conflict(error.code, str(error), fix_url=error.fix_url) from error
