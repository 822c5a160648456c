"""Connecting a repository and choosing how it is worked on."""

from __future__ import annotations

from clusters.services.projects.connecting import (
    allow_host,
    connect_github,
    create_project,
    update_project,
)

__all__ = ["allow_host", "connect_github", "create_project", "update_project"]
