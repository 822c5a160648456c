"""Handing jobs to the workers: after the commit, ids only, by name (tasks lie above us)."""

from __future__ import annotations

from django.db import transaction

from clusters.queue import send


def run_job(job_id: int) -> None:
    """Let a worker take the job up soon; the reaper finds it again if the message is lost."""
    transaction.on_commit(lambda: send("agents.run_job", job_id))
