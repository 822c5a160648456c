"""Handing work to the worker: after the commit, ids only, by name (tasks lie above us)."""

from __future__ import annotations

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)


def group(project_id: int) -> None:
    """Group a project's waiting feedback soon."""
    transaction.on_commit(lambda: send("clusters.group", project_id))


def send(task: str, row_id: int, *, expires: float | None = None) -> None:
    """Give a worker one id. Without a broker the row waits: a sweep finds it again.

    A message is worth nothing after `expires` seconds; sweeps repeat themselves before that.
    """
    if expires is not None:
        expires += settings.CLOCKS_DISAGREE
    try:
        current_app.send_task(task, args=[row_id], expires=expires)
    except OperationalError:
        log.warning("broker_unavailable", task=task, row=row_id)
