"""The application's configuration."""

from __future__ import annotations

from django.apps import AppConfig


class CredentialsConfig(AppConfig):
    """The credentials application."""

    name = "credentials"
