"""How projects, feedback, clusters and plans look in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clusters.cleaning.language import language_of
from clusters.models import Cluster, FeedbackImport, FeedbackItem, Project
from credentials.models import Team


class ProjectSerializer(serializers.ModelSerializer[Project]):
    """A project and its settings. `team` may be left out: the person's own team."""

    class Meta:
        model = Project
        fields = [
            "id", "team", "name", "forge", "repository", "base_branch", "branch_prefix",
            "requires_approval", "runner", "instructions", "setup_command", "test_command",
            "setup_network", "allow_unisolated", "rounds", "time_limit_seconds",
            "setup_limit_seconds", "test_limit_seconds", "agent_limit_seconds",
            "idle_limit_seconds", "guard", "labels", "reviewers", "created_at",
            "agent_network", "allowed_hosts", "enabled_runners", "lint_command", "folder",
            "before_agent", "after_agent", "mcp_servers", "agent_hooks", "protected_paths", "gate",
            "budget_usd", "budget_warning_percent", "propose_fixes_at",
        ]  # fmt: skip
        read_only_fields = ["created_at"]
        validators: list[Any] = []  # a taken name is the service's Conflict

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The team must be one of the person's own, or is left out."""
        request = self.context.get("request")
        own = (
            Team.objects.filter(memberships__user=request.user.pk)
            if request
            else Team.objects.none()
        )
        team = serializers.PrimaryKeyRelatedField(queryset=own, required=False)
        return {**super().get_fields(), "team": team}


class HostSerializer(serializers.Serializer[Any]):
    """A host that a phase of a project's jobs may reach; without a port: 80 and 443."""

    host = serializers.CharField(max_length=300)
    phase = serializers.ChoiceField(choices=["setup", "agent"])
    port = serializers.IntegerField(required=False, allow_null=True)


class FlagSerializer(serializers.Serializer[Any]):
    """A place in a report that looks like an attack on an agent."""

    kind = serializers.CharField()
    reason = serializers.CharField()
    excerpt = serializers.CharField(allow_blank=True)


class RemovalSerializer(serializers.Serializer[Any]):
    """What was taken out of a report, as people could not see it."""

    what = serializers.CharField()
    count = serializers.IntegerField()
    text = serializers.CharField(allow_blank=True)


class ScreeningSerializer(serializers.Serializer[Any]):
    """What a look at the text as it came in has found. `language` is ISO 639-1, or empty."""

    flags = FlagSerializer(many=True)
    removed = RemovalSerializer(many=True)
    language = serializers.CharField(allow_blank=True)


class ReasonSerializer(serializers.Serializer[Any]):
    """Why a report is in its cluster: by which rule, and how alike it is to the nearest report.

    By the rule `person`: who put it there (`by`), with which change. Scores are from 0 to 1.
    """

    rule = serializers.CharField(default="")
    nearest_item = serializers.IntegerField(default=None, allow_null=True)
    score = serializers.FloatField(default=None, allow_null=True)
    threshold = serializers.FloatField(default=None, allow_null=True)
    shared_words = serializers.ListField(child=serializers.CharField(), default=list)
    by = serializers.CharField(default=None, allow_null=True)
    change = serializers.IntegerField(default=None, allow_null=True)


class FeedbackSerializer(serializers.ModelSerializer[FeedbackItem]):
    """One report. `pinned`: a person put it where it is, and only people move it."""

    reason = ReasonSerializer(read_only=True)
    source = serializers.CharField(source="source.kind")  # type: ignore[assignment] # the field's name
    metadata = serializers.SerializerMethodField()
    screening = serializers.SerializerMethodField()

    class Meta:
        model = FeedbackItem
        fields = [
            "id", "source", "external_id", "title", "body", "author", "url", "occurred_at",
            "received_at", "metadata", "screening", "trace", "cluster", "reason",
            "pinned",
        ]  # fmt: skip

    def get_metadata(self, item: FeedbackItem) -> dict[str, Any]:
        """The sender's own, and how the report was changed on its way in."""
        return {name: value for name, value in item.metadata.items() if name != "screening"}

    @extend_schema_field(ScreeningSerializer)
    def get_screening(self, item: FeedbackItem) -> dict[str, Any]:
        """What was found, complete."""
        found = item.metadata.get("screening") or {}
        language = found.get("language") or language_of(f"{item.title}\n{item.body}")
        return {"flags": [], "removed": [], **found, "language": language}


class IncomingSerializer(serializers.Serializer[Any]):
    """What a report may contain. One object, or a list, or `{"reports": [...]}`."""

    external_id = serializers.CharField(required=False)
    title = serializers.CharField(required=False)
    body = serializers.CharField(required=False)
    author = serializers.CharField(required=False)
    url = serializers.URLField(required=False)
    occurred_at = serializers.DateTimeField(required=False)
    source = serializers.CharField(required=False)  # type: ignore[assignment] # the field's name
    metadata = serializers.DictField(child=serializers.CharField(), required=False)


class RefusedSerializer(serializers.Serializer[Any]):
    """A row that was not taken, and why."""

    row = serializers.IntegerField()
    reason = serializers.CharField()
    excerpt = serializers.CharField(allow_blank=True)


class IngestedSerializer(serializers.Serializer[Any]):
    """What became of what was sent."""

    created = serializers.ListField(child=serializers.IntegerField())
    duplicates = serializers.IntegerField()
    refused = RefusedSerializer(many=True)


class UploadSerializer(serializers.Serializer[Any]):
    """A CSV or JSON lines file; `kind` is the kind of source it comes from."""

    file = serializers.FileField()
    kind = serializers.CharField(required=False, allow_blank=True)


class ImportSerializer(serializers.ModelSerializer[FeedbackImport]):
    """What became of a file."""

    class Meta:
        model = FeedbackImport
        fields = [
            "id",
            "file_name",
            "created",
            "duplicates",
            "refused",
            "refused_count",
            "created_at",
        ]


class ImpactPartSerializer(serializers.Serializer[Any]):
    """One share of a cluster's impact, in points: a point more is twice as much."""

    name = serializers.CharField()
    value = serializers.FloatField()
    text = serializers.CharField()


class QuoteSerializer(serializers.Serializer[Any]):
    """A sentence of a report, and the report's id."""

    text = serializers.CharField()
    item = serializers.IntegerField()


class ClusterSerializer(serializers.ModelSerializer[Cluster]):
    """Reports of the same work. Impact is for comparing: recency counts points since 2020."""

    impact_reasons = ImpactPartSerializer(many=True, read_only=True)
    summary_quotes = QuoteSerializer(many=True, read_only=True)

    class Meta:
        model = Cluster
        fields = [
            "id", "project", "title", "summary", "status", "item_count", "reporter_count",
            "source_count", "first_seen", "last_seen", "last_outcome", "created_at", "resolved_at",
            "impact", "impact_reasons", "severity", "actionability", "actionability_reason",
            "addressed", "coherence", "summary_quotes", "described_by", "locked", "merged_into",
        ]  # fmt: skip
        read_only_fields = [name for name in fields if name not in {"title", "summary"}]
