"""Handing work to the workers: after the commit, ids only, by name (tasks lie above us)."""

from __future__ import annotations

from django.db import transaction

from clusters.queue import send


def run_job(job_id: int) -> None:
    """Let a worker take the job up soon; the reaper finds it again if the message is lost."""
    transaction.on_commit(lambda: send("agents.run_job", job_id))


def handle_delivery(delivery_id: int) -> None:
    """Have a webhook processed soon; a sweep finds it again if the message is lost."""
    transaction.on_commit(lambda: send("agents.handle_delivery", delivery_id))


def reconcile(project_id: int) -> None:
    """Have a project's pull requests read from the forge soon; it happens anyway, later."""
    transaction.on_commit(lambda: send("agents.reconcile_project", project_id))
