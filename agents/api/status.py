"""What runs and what waits, over HTTP."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api.serializers import PriorityField
from agents.models import Job, Step
from agents.services import health, status
from agents.services.findings import State
from agents.services.health import KeyState
from agents.services.status import Pulse
from clusters.api.views import integer, viewer
from clusters.models import Project
from credentials.models import Team, User

PARAMETERS = [
    OpenApiParameter("project_id", OpenApiTypes.INT, description="Only this project's jobs."),
    OpenApiParameter(
        "team_id", OpenApiTypes.INT, description="Runners as this team would have them."
    ),
]


class StatusStepSerializer(serializers.ModelSerializer[Step]):
    """The step that is being done, or was done last."""

    class Meta:
        model = Step
        fields = ["name", "round", "status", "started_at", "finished_at"]


class LeaseSerializer(serializers.Serializer[Any]):
    """What is heard of the worker: `beats`, `late`, or `lost` (another worker takes over)."""

    pulse = serializers.ChoiceField(choices=[each.value for each in Pulse])
    renewed_at = serializers.DateTimeField()
    seconds_ago = serializers.FloatField()


class QueuedSerializer(serializers.Serializer[Any]):
    """What is said of every job in the queue."""

    id = serializers.IntegerField(source="job.pk")
    project = serializers.IntegerField(source="job.project_id")
    cluster = serializers.IntegerField(source="job.cluster_id", allow_null=True)
    title = serializers.CharField(source="job.title")
    status = serializers.ChoiceField(choices=Job.Status.choices, source="job.status")
    runner = serializers.CharField(source="job.runner")
    priority = PriorityField(source="job.priority")
    requested_by = serializers.CharField(source="job.requested_by.username", default=None)
    created_at = serializers.DateTimeField(source="job.created_at")
    cancel_requested_at = serializers.DateTimeField(
        source="job.cancel_requested_at", allow_null=True
    )


class ActiveSerializer(QueuedSerializer):
    """A job that a worker holds.

    `elapsed_seconds` leaves out the time that it was put aside; `usual_seconds` is the median of
    the project's latest proven jobs, null before there are three.
    """

    started_at = serializers.DateTimeField(source="job.started_at", allow_null=True)
    elapsed_seconds = serializers.FloatField(source="elapsed")
    usual_seconds = serializers.FloatField(source="usual", allow_null=True)
    attempt = serializers.IntegerField()
    step = StatusStepSerializer(allow_null=True)
    sandbox = serializers.CharField()
    isolation = serializers.CharField()
    lease = LeaseSerializer()


class WaitingSerializer(QueuedSerializer):
    """A job that nobody works on.

    `position` counts the waiting jobs of all teams, 1 is next; null while a person has to approve
    it, or when very many jobs are before it. `reason` is one sentence.
    """

    position = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()
    not_before = serializers.DateTimeField(allow_null=True)
    since = serializers.DateTimeField()


class SandboxCountSerializer(serializers.Serializer[Any]):
    """How many sandboxes of a provider are in use."""

    provider = serializers.CharField()
    in_use = serializers.IntegerField()


class KeyHealthSerializer(serializers.Serializer[Any]):
    """A stored key; `team` is null for your own. `sentence` says what is known or to be done."""

    provider = serializers.CharField()
    team = serializers.IntegerField(source="team.pk", default=None, allow_null=True)
    state = serializers.ChoiceField(choices=[each.value for each in KeyState])
    sentence = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)


class RunnerHealthSerializer(serializers.Serializer[Any]):
    """A runner, from what is known already: nothing is tried for this answer."""

    name = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=[each.value for each in State])
    sentence = serializers.CharField()
    remedy = serializers.CharField()


class StatusSerializer(serializers.Serializer[Any]):
    """The queue of your teams, and what jobs need. The lists hold the first 200 jobs."""

    now = serializers.DateTimeField()
    running_count = serializers.IntegerField()
    waiting_count = serializers.IntegerField()
    running = ActiveSerializer(many=True)
    waiting = WaitingSerializer(many=True)
    sandboxes = SandboxCountSerializer(many=True)
    seconds_since_beat = serializers.FloatField(allow_null=True)
    credentials = KeyHealthSerializer(many=True)
    runners = RunnerHealthSerializer(many=True)


class Status(APIView):
    """What runs and what waits."""

    @extend_schema(parameters=PARAMETERS, responses=StatusSerializer)
    def get(self, request: Request) -> Response:
        """Running and waiting jobs of your teams, sandboxes in use, health of keys and runners.

        404 for a project or a team that is not yours.
        """
        user = viewer(request)
        found = status.overview(_jobs(request, user))
        body = {
            "now": found.now,
            "running_count": found.running_count,
            "waiting_count": found.waiting_count,
            "running": found.running,
            "waiting": found.waiting,
            "sandboxes": [
                {"provider": name, "in_use": count} for name, count in found.sandboxes.items()
            ],
            "seconds_since_beat": status.seconds_since_beat(),
            "credentials": health.keys(user),
            "runners": health.runner_lines(user, _team(request, user)),
        }
        return Response(StatusSerializer(body).data)


def _jobs(request: Request, user: User) -> QuerySet[Job]:
    jobs = Job.objects.for_user(user)
    wanted = request.query_params.get("project_id")
    if not wanted:
        return jobs
    mine = Project.objects.for_user(user)
    return jobs.filter(project=get_object_or_404(mine, pk=integer(wanted, "project_id")))


def _team(request: Request, user: User) -> Team | None:
    wanted = request.query_params.get("team_id")
    if not wanted:
        return None
    mine = Team.objects.filter(memberships__user=user)
    return get_object_or_404(mine, pk=integer(wanted, "team_id"))
