"""The application's configuration."""

from __future__ import annotations

from django.apps import AppConfig


class ClustersConfig(AppConfig):
    """The clusters application."""

    name = "clusters"
