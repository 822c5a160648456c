"""How the work on feedback goes, over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.services import metrics
from agents.services.metrics import Metrics, Span
from agents.services.metrics.intake import SourceLine
from agents.services.metrics.times import Spread
from clusters.api.views import viewer
from clusters.models import Project
from credentials.errors import Invalid

WEEKS = 12


class WeekSerializer(serializers.Serializer[Any]):
    """What was counted in one week, named by its Monday."""

    week = serializers.DateField()
    opened = serializers.IntegerField()
    resolved = serializers.IntegerField()
    dismissed = serializers.IntegerField()
    merged = serializers.IntegerField(help_text="Clusters that went into others.")
    reports = serializers.IntegerField()
    taken_out = serializers.IntegerField(help_text="Reports that people took out of a cluster.")
    corrections = serializers.IntegerField()


class SpreadSerializer(serializers.Serializer[Any]):
    """Durations in seconds: the middle one, and between which the middle half lies."""

    count = serializers.IntegerField()
    median = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class PlannedSerializer(serializers.Serializer[Any]):
    """Clusters that got a plan in these weeks, and how far they have come."""

    planned = serializers.IntegerField()
    approved = serializers.IntegerField()
    rejected = serializers.IntegerField()
    opened = serializers.IntegerField(help_text="With a pull request.")
    verified = serializers.IntegerField()
    merged = serializers.IntegerField()


class SourceMetricsSerializer(serializers.Serializer[Any]):
    """What a source brought in these weeks."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.CharField()
    state = serializers.CharField()
    last_event_at = serializers.DateTimeField(allow_null=True)
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    refused = serializers.IntegerField()
    filtered = serializers.IntegerField()
    limited = serializers.IntegerField()


class MetricsSerializer(serializers.Serializer[Any]):
    """A project's numbers, oldest week first."""

    weeks = WeekSerializer(many=True)
    kept = serializers.FloatField(
        allow_null=True, help_text="The part of new reports that people left where they were put."
    )
    waiting = serializers.IntegerField(help_text="Reports without a cluster, at most 10,001.")
    time_to_pull_request = SpreadSerializer(allow_null=True)
    time_to_merge = SpreadSerializer(allow_null=True)
    plans = PlannedSerializer()
    sources = SourceMetricsSerializer(many=True)


class ProjectMetrics(APIView):
    """How the work on a project's feedback goes."""

    @extend_schema(
        parameters=[OpenApiParameter("weeks", OpenApiTypes.INT, enum=metrics.RANGES)],
        responses=MetricsSerializer,
    )
    def get(self, request: Request, pk: int) -> Response:
        """The last 12 weeks, or 4 or 52; 400 `invalid` for other numbers."""
        project = get_object_or_404(Project.objects.for_user(viewer(request)), pk=pk)
        found = metrics.gather([project.pk], Span.of(_weeks(request)))
        return Response(MetricsSerializer(_told(found)).data)


def _weeks(request: Request) -> int:
    wanted = request.query_params.get("weeks", str(WEEKS))
    known = {str(weeks): weeks for weeks in metrics.RANGES}
    if wanted not in known:
        text = f"weeks has to be one of {', '.join(known)}."
        raise Invalid("invalid", text, fields={"weeks": [text]})
    return known[wanted]


def _told(found: Metrics) -> dict[str, Any]:
    return {
        "weeks": _by_week(found),
        "kept": found.kept,
        "waiting": found.waiting.count,
        "time_to_pull_request": _seconds(found.times.to_pull),
        "time_to_merge": _seconds(found.times.to_merge),
        "plans": found.planned,
        "sources": [_source(line) for line in found.sources],
    }


def _by_week(found: Metrics) -> Sequence[dict[str, Any]]:
    columns = {
        "week": found.span.mondays,
        "opened": found.flow.opened,
        "resolved": found.flow.resolved,
        "dismissed": found.flow.dismissed,
        "merged": found.flow.merged,
        "reports": found.reports,
        "taken_out": found.corrections.taken_out,
        "corrections": found.corrections.all,
    }
    return [dict(zip(columns, week, strict=True)) for week in zip(*columns.values(), strict=True)]


def _seconds(spread: Spread | None) -> dict[str, float] | None:
    if spread is None:
        return None
    parts = {name: getattr(spread, name).total_seconds() for name in ("median", "low", "high")}
    return {"count": spread.count, **parts}


def _source(line: SourceLine) -> dict[str, Any]:
    source = line.source
    return {
        "id": source.pk,
        "name": source.name,
        "kind": source.kind,
        "state": line.health.state,
        "last_event_at": source.last_event_at,
        **line.totals,
    }
