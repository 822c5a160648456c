"""System checks about stored keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from credentials.crypto import KeyRing, KeyRingError
from credentials.models import Credential, SharedSecret

_HINT = (
    "Set SOULCASTER_KEYS (or SOULCASTER_KEYS_FILE) to id:key, the key being 32 random bytes in "
    "base64, for example from: openssl rand -base64 32. Keep it apart from the database's backup."
)


@register()
def key_ring_reads(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """`SOULCASTER_KEYS`, when it is set, is a key ring."""
    if not settings.ENCRYPTION_KEYS:
        return []
    try:
        KeyRing.from_text(settings.ENCRYPTION_KEYS)
    except KeyRingError as error:
        return [Error(f"SOULCASTER_KEYS cannot be used: {error}", hint=_HINT, id="soulcaster.E004")]
    return []


@register(Tags.database)
def key_ring_is_there(
    app_configs: object, databases: Sequence[str] | None = None, **kwargs: Any
) -> Sequence[CheckMessage]:
    """Where keys are stored, there is a key ring to read them with."""
    if settings.ENCRYPTION_KEYS or "default" not in (databases or []) or not _stored():
        return []
    return [
        Error(
            "SOULCASTER_KEYS is not set, so no stored key can be read.",
            hint=_HINT,
            id="soulcaster.E004",
        )
    ]


@register(deploy=True)
def key_ring_for_production(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """In production people store keys, GitHub's at sign-in first of all."""
    if settings.ENCRYPTION_KEYS or settings.DEBUG:
        return []
    return [
        Error(
            "SOULCASTER_KEYS is not set, so no key can be stored.", hint=_HINT, id="soulcaster.E004"
        )
    ]


def _stored() -> bool:
    try:
        return any(
            rows.objects.exclude(ciphertext="").exists() for rows in (Credential, SharedSecret)
        )
    except DatabaseError:
        return False  # before the first migration there is no table
