"""The application's configuration."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class ClustersConfig(AppConfig):
    """The clusters application."""

    name = "clusters"

    def ready(self) -> None:
        """The search's index is no model's: it is looked after whenever tables may be new."""
        post_migrate.connect(_install_search, sender=self)


def _install_search(using: str, **about: Any) -> None:
    from clusters.services import search

    search.install(connections[using])
