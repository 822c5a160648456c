"""Handing jobs to the workers: after the commit, ids only, by name (tasks lie above us)."""

from __future__ import annotations

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)


def run_job(job_id: int) -> None:
    """Let a worker take the job up soon."""
    transaction.on_commit(lambda: _send(job_id))


def _send(job_id: int) -> None:
    try:
        current_app.send_task("agents.run_job", args=[job_id])
    except OperationalError:
        # The row is the truth: the reaper finds a waiting job without its message.
        log.warning("broker_unavailable", job=job_id)
