"""System checks: settings that can be read but cannot be right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from clusters.planner.providers import PROVIDERS

SHORTEST_WEBHOOK_SECRET = 16


@register()
def runner_name(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """`CODING_AGENT_RUNNER` is a pair of a sandbox and an agent (whether it is ready: `choose`)."""
    if re.fullmatch(r"[a-z0-9]+_[a-z0-9]+", settings.CODING_AGENT_RUNNER):
        return []
    return [
        Error(
            f"CODING_AGENT_RUNNER={settings.CODING_AGENT_RUNNER!r} is not 'sandbox_agent'.",
            hint="For example local_builtin or sandbox_kilo.",
            id="soulcaster.E001",
        )
    ]


@register()
def model_and_key(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """A chosen model has a provider that is known, and a key."""
    if not settings.MODEL:
        return []
    provider, _, name = settings.MODEL.partition(":")
    if provider not in PROVIDERS or not name:
        return [
            Error(
                f"SOULCASTER_MODEL={settings.MODEL!r} is not 'provider:name'.",
                hint=f"Providers: {', '.join(PROVIDERS)}.",
                id="soulcaster.E002",
            )
        ]
    if provider == "ollama":
        return []  # people name the address of their own, if the operator has none
    if not settings.MODEL_KEYS[provider]:
        return [
            Warning(
                f"SOULCASTER_MODEL is set, but {provider.upper()}_API_KEY is not.",
                id="soulcaster.W001",
            )
        ]
    return []


@register()
def webhook_secret(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """A secret that can be guessed lets strangers tell us that their change was merged."""
    if all(len(secret) >= SHORTEST_WEBHOOK_SECRET for secret in settings.GITHUB_WEBHOOK_SECRETS):
        return []
    return [
        Warning(
            f"GITHUB_WEBHOOK_SECRET is shorter than {SHORTEST_WEBHOOK_SECRET} characters.",
            hint="Make one with: openssl rand -hex 32",
            id="soulcaster.W002",
        )
    ]


@register()
def redis_scheme(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """`REDIS_URL` is an address of Redis or Valkey."""
    if urlsplit(settings.REDIS_URL).scheme not in {"redis", "rediss", "unix"}:
        return [
            Error("REDIS_URL must begin with redis://, rediss:// or unix://.", id="soulcaster.E003")
        ]
    return []
