"""How sources look in the API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from clusters.models import Source
from clusters.services.sources import health as source_health
from clusters.services.sources import kinds as source_kinds
from clusters.services.sources.addresses import address_of
from clusters.services.sources.health import COUNTS, Health


class DaySerializer(serializers.Serializer[Any]):
    """What came on one day (UTC)."""

    day = serializers.DateField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    refused = serializers.IntegerField()
    filtered = serializers.IntegerField()
    limited = serializers.IntegerField()


class ProgressSerializer(serializers.Serializer[Any]):
    """How far a first fetch has come; `total` is null where nobody knows it."""

    done = serializers.IntegerField()
    total = serializers.IntegerField(allow_null=True)


class HealthSerializer(serializers.Serializer[Any]):
    """How a source is doing. `lag_seconds`: how long something waits; null: nothing does."""

    state = serializers.ChoiceField(choices=list(source_health.STATES))
    sentence = serializers.CharField()
    waiting = serializers.IntegerField(help_text="Messages that were not read yet.")
    lag_seconds = serializers.FloatField(allow_null=True)
    progress = ProgressSerializer(allow_null=True)
    days = DaySerializer(many=True, help_text="The last 14 days, oldest first.")


class SourceSerializer(serializers.Serializer[Any]):
    """A source. `address` is what the other side sends to, for those who may change things."""

    id = serializers.IntegerField()
    project = serializers.IntegerField()
    kind = serializers.CharField()
    name = serializers.CharField()
    config = serializers.DictField()
    masks_personal_data = serializers.BooleanField()
    enabled = serializers.BooleanField()
    address = serializers.CharField(allow_null=True)
    has_secret = serializers.BooleanField()
    connected_by = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    synced_at = serializers.DateTimeField(allow_null=True)
    last_event_at = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField(allow_blank=True)
    last_error_at = serializers.DateTimeField(allow_null=True)
    health = HealthSerializer()


class ConnectedSerializer(SourceSerializer):
    """A source that was just connected; `secret` is in this one answer, where we made it."""

    secret = serializers.CharField(allow_blank=True)


class ConnectSerializer(serializers.Serializer[Any]):
    """A source to connect. What may stand in `config` depends on the kind."""

    kind = serializers.CharField(max_length=20)
    name = serializers.CharField(max_length=200, required=False)
    config = serializers.DictField(required=False)
    secret = serializers.CharField(max_length=500, required=False, write_only=True)
    masks_personal_data = serializers.BooleanField(required=False)


class ChangeSerializer(serializers.Serializer[Any]):
    """What changes; `config` replaces all settings."""

    name = serializers.CharField(max_length=200, required=False)
    config = serializers.DictField(required=False)
    masks_personal_data = serializers.BooleanField(required=False)
    enabled = serializers.BooleanField(required=False)


class GivenSecretSerializer(serializers.Serializer[Any]):
    """A secret that the other side has made; left out where ours makes it."""

    secret = serializers.CharField(max_length=500, required=False, write_only=True)


class NewSecretSerializer(serializers.Serializer[Any]):
    """A secret that we made, this once; empty when the other side made it."""

    secret = serializers.CharField(allow_blank=True)


class TestResultSerializer(serializers.Serializer[Any]):
    """What a test showed."""

    ok = serializers.BooleanField()
    text = serializers.CharField()
    code = serializers.CharField()


def described(sources: Sequence[Source], *, writer: bool) -> list[dict[str, Any]]:
    """Sources as the API tells of them."""
    states = source_health.of_all(sources)
    return [_one(source, states[source.pk], writer) for source in sources]


def _one(source: Source, health: Health, writer: bool) -> dict[str, Any]:
    by = source.connected_by
    return {
        "id": source.pk,
        "project": source.project_id,
        "kind": source.kind,
        "name": source.name,
        "config": source.config,
        "masks_personal_data": source.masks_personal_data,
        "enabled": source.enabled,
        "address": (address_of(source) or None) if writer else None,
        "has_secret": source.secret_id is not None and source_kinds.info_for(source).takes_secret,
        "connected_by": by.username if by else None,
        "created_at": source.created_at,
        "synced_at": source.synced_at,
        "last_event_at": source.last_event_at,
        "last_error": source.last_error,
        "last_error_at": source.last_error_at,
        "health": _health(health),
    }


def _health(health: Health) -> dict[str, Any]:
    progress = health.progress
    return {
        "state": health.state,
        "sentence": health.sentence,
        "waiting": health.waiting,
        "lag_seconds": health.lag.total_seconds() if health.lag else None,
        "progress": {"done": progress.done, "total": progress.total} if progress else None,
        "days": [
            {"day": day.day.isoformat(), **{name: getattr(day, name) for name in COUNTS}}
            for day in health.days
        ],
    }
