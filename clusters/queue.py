"""Handing work to the worker: after the commit, ids only, by name (tasks lie above us)."""

from __future__ import annotations

from celery import current_app
from django.db import transaction


def group(project_id: int) -> None:
    """Group a project's waiting feedback soon."""
    transaction.on_commit(lambda: current_app.send_task("clusters.group", args=[project_id]))
