"""Where background work on jobs begins. Arguments are ids; unknown ones come from newer versions."""

from __future__ import annotations

import threading
from importlib import import_module

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings

from agents.execute.run import run
from agents.pipelines import toolbox
from agents.services import leases
from clusters.queue import send

# A worker has more threads than this: long jobs must not keep the reaper and grouping waiting.
_slots = threading.BoundedSemaphore(settings.JOBS_AT_ONCE)


@shared_task(name="agents.run_job")
def run_job(job_id: int, **ignored: object) -> None:
    """Work on one job. A message that comes twice finds the job taken.

    When this worker has its hands full the job goes on waiting in the database: whoever ends
    first hands the next one out.
    """
    if not _slots.acquire(blocking=False):
        return
    try:
        run(job_id)
    finally:
        _slots.release()
        for waiting in leases.waiting(limit=1):
            send("agents.run_job", waiting)


@shared_task(name="agents.reap")
def reap(**ignored: object) -> None:
    """Hand jobs out again whose worker fell silent or whose message was lost."""
    for job_id in [*leases.expired(), *leases.forgotten()]:
        send("agents.run_job", job_id, expires=10)


@worker_ready.connect
def warm_up(**_: object) -> None:
    """Do beside the first reports what the first job would wait seconds for."""
    threading.Thread(target=_prepare, name="warm-up", daemon=True).start()


def _prepare() -> None:
    import_module("pydantic_ai")
    toolbox.build()
