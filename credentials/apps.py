"""The application's configuration."""

from __future__ import annotations

from django.apps import AppConfig


class CredentialsConfig(AppConfig):
    """The credentials application."""

    name = "credentials"

    def ready(self) -> None:
        """Register the system checks, and what happens when people sign in."""
        from credentials import arrivals, checks, recent  # noqa: F401 - register on import
