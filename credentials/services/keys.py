"""Revealing keys: the only place, and only for the two `wiring` modules."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings


@dataclass(frozen=True, slots=True)
class ModelKey:
    """A key of a model provider. It prints as its provider only."""

    provider: str
    secret: str = field(repr=False)
    base_url: str = ""


def reveal_model_key(provider: str) -> ModelKey | None:
    """The operator's key of a provider, or None."""
    secret = settings.MODEL_KEYS.get(provider, "")
    return (
        ModelKey(provider, secret, settings.MODEL_BASE_URLS.get(provider, "")) if secret else None
    )


def all_secrets() -> list[str]:
    """Every secret that must never be shown: what the scrubber looks for."""
    return [*(key for key in settings.MODEL_KEYS.values() if key), settings.SECRET_KEY]
