"""How plans, and what people say about them, look in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from pydantic import TypeAdapter
from rest_framework import serializers

from clusters.models import Plan, PlanComment, PlanDrafting, PlanQuestion
from clusters.planner.base import PlanDraft


@extend_schema_field(TypeAdapter(PlanDraft).json_schema())
class PlanContentField(serializers.JSONField):
    """The content of a plan."""


class PlanSerializer(serializers.ModelSerializer[Plan]):
    """One version of a plan."""

    content = PlanContentField()
    created_by = serializers.CharField(source="created_by.username", default=None)
    approved_by = serializers.CharField(source="approved_by.username", default=None)
    rejected_by = serializers.CharField(source="rejected_by.username", default=None)

    class Meta:
        model = Plan
        fields = [
            "id", "cluster", "version", "content", "digest", "made_by", "model_name", "note", "hint",
            "base_sha", "audit", "created_by", "created_at", "approved_by", "approved_at",
            "rejected_by", "rejected_at", "rejected_reason",
        ]  # fmt: skip
        read_only_fields = fields


class PlanChangeSerializer(serializers.Serializer[Any]):
    """A person's change: the version that was read, and the fields that change."""

    version = serializers.IntegerField()
    content = serializers.DictField()


class PlanVersionSerializer(serializers.Serializer[Any]):
    """The version that was read."""

    version = serializers.IntegerField()


class PlanWishSerializer(serializers.Serializer[Any]):
    """How a plan is to be written. `way`: evidence | model, or empty for what is usual."""

    background = serializers.BooleanField(default=False)
    way = serializers.CharField(default="", allow_blank=True, max_length=10)
    hint = serializers.CharField(default="", allow_blank=True)

    def validate_way(self, value: str) -> str:
        """An agent's plan is a job of its own."""
        if value not in {"", "evidence", "model"}:
            raise serializers.ValidationError("Write evidence, model or nothing.")
        return value


class DraftingSerializer(serializers.ModelSerializer[PlanDrafting]):
    """A plan that is being written. `plan` is the version that came of it."""

    plan = serializers.IntegerField(source="plan.version", default=None)
    requested_by = serializers.CharField(source="requested_by.username", default=None)

    class Meta:
        model = PlanDrafting
        fields = [
            "id", "cluster", "way", "hint", "state", "progress", "message", "plan", "requested_by",
            "attempts", "created_at", "started_at", "ended_at",
        ]  # fmt: skip
        read_only_fields = fields


class PlanRejectionSerializer(serializers.Serializer[Any]):
    """The version that was read, and why it will not do."""

    version = serializers.IntegerField()
    reason = serializers.CharField()


class PlanCommentSerializer(serializers.ModelSerializer[PlanComment]):
    """What somebody said about a section ('': about the whole plan)."""

    version = serializers.IntegerField(source="plan.version")
    author = serializers.CharField(source="author.username", default=None)
    resolved_by = serializers.CharField(source="resolved_by.username", default=None)

    class Meta:
        model = PlanComment
        fields = [
            "id", "version", "section", "body", "author", "created_at", "resolved_at", "resolved_by",
        ]  # fmt: skip
        read_only_fields = fields


class NewCommentSerializer(serializers.Serializer[Any]):
    """A comment on the newest version."""

    section = serializers.CharField(default="", allow_blank=True, max_length=40)
    body = serializers.CharField()


class CommentStateSerializer(serializers.Serializer[Any]):
    """Whether a comment is settled."""

    resolved = serializers.BooleanField()


class PlanQuestionSerializer(serializers.ModelSerializer[PlanQuestion]):
    """A question of a planner; `why` is what depends on it, `choices` likely answers."""

    choices = serializers.ListField(child=serializers.CharField())
    answered_by = serializers.CharField(source="answered_by.username", default=None)

    class Meta:
        model = PlanQuestion
        fields = [
            "id", "text", "why", "choices", "answer", "answered_by", "answered_at", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class AnswerSerializer(serializers.Serializer[Any]):
    """A maintainer's answer."""

    answer = serializers.CharField()
