"""The application's configuration."""

from __future__ import annotations

from django.apps import AppConfig


class SoulcasterConfig(AppConfig):
    """The roof: commands, checks and template tags; no models."""

    name = "soulcaster"

    def ready(self) -> None:
        """Register the system checks."""
        from soulcaster import checks  # noqa: F401 - registers on import
