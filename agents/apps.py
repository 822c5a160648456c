"""The application's configuration."""

from __future__ import annotations

from django.apps import AppConfig


class AgentsConfig(AppConfig):
    """The agents application."""

    name = "agents"
