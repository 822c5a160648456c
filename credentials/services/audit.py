"""What people did, kept beside the change itself."""

from __future__ import annotations

from typing import Any

from django.db import models

from credentials.models import AuditEvent, Team, User


def record(
    *, actor: User | None, team: Team | None, verb: str, target: models.Model, **data: Any
) -> AuditEvent:
    """Write an audit row; call it inside the transaction of the change. Never pass a secret."""
    return AuditEvent.objects.create(
        actor=actor,
        team=team,
        verb=verb,
        target_type=target._meta.label_lower,
        target_id=target.pk,
        data=data,
    )


def of(target: models.Model) -> models.QuerySet[AuditEvent]:
    """The events of one target, newest first. The caller has checked that it may be seen."""
    return (
        AuditEvent.objects.filter(target_type=target._meta.label_lower, target_id=target.pk)
        .select_related("actor")
        .order_by("-id")
    )
