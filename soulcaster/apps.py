"""The application's configuration."""

from __future__ import annotations

from django.apps import AppConfig


class SoulcasterConfig(AppConfig):
    """The roof: commands, checks and template tags; no models."""

    name = "soulcaster"

    def ready(self) -> None:
        """Register the system checks, and the Celery application that sends tasks."""
        from soulcaster import celery, checks  # noqa: F401 - register on import
