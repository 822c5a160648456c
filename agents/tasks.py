"""Where background work on jobs begins. Arguments are ids; unknown ones come from newer versions."""

from __future__ import annotations

from celery import current_app, shared_task

from agents.execute.run import run
from agents.services import leases


@shared_task(name="agents.run_job")
def run_job(job_id: int, **ignored: object) -> None:
    """Work on one job. A message that comes twice finds the job taken."""
    run(job_id)


@shared_task(name="agents.reap")
def reap(**ignored: object) -> None:
    """Hand jobs out again whose worker fell silent or whose message was lost."""
    for job_id in [*leases.expired(), *leases.forgotten()]:
        current_app.send_task("agents.run_job", args=[job_id], expires=10)
