"""Where background work begins. Arguments are ids; unknown ones come from newer versions."""

from __future__ import annotations

import threading
from importlib import import_module

import structlog
from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings

from agents.execute.run import run
from agents.pipelines import toolbox
from agents.services import deliveries, installation, leases, mirrors, orphans, reconciling
from clusters.forges.base import ForgeError
from clusters.queue import send
from credentials.errors import AppError
from credentials.services import credentials

log = structlog.get_logger(__name__)

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
    installation.note_beat()


@shared_task(name="agents.handle_delivery")
def handle_delivery(delivery_id: int, **ignored: object) -> None:
    """Process one webhook; a second message finds it done."""
    deliveries.process(delivery_id)


@shared_task(name="agents.sweep_deliveries")
def sweep_deliveries(**ignored: object) -> None:
    """Process webhooks whose message was lost or that failed; remove those of last month."""
    for delivery_id in deliveries.forgotten():
        send("agents.handle_delivery", delivery_id, expires=60)
    deliveries.remove_old()


@shared_task(name="agents.reconcile")
def reconcile(**ignored: object) -> None:
    """Ask the forges what became of pull requests: one message for each project.

    So that a forge that does not answer keeps nobody else waiting.
    """
    for project_id in reconciling.due():
        send("agents.reconcile_project", project_id, expires=settings.RECONCILE_SECONDS)


@shared_task(name="agents.reconcile_project")
def reconcile_project(project_id: int, **ignored: object) -> None:
    """Follow one project's pull requests; a forge that refuses is asked again next time."""
    try:
        changed = reconciling.reconcile(project_id)
    except (ForgeError, AppError) as error:
        log.warning("reconcile_refused", project=project_id, code=error.code, error=str(error))
    else:
        log.info("reconciled", project=project_id, changed=changed)


@shared_task(name="agents.sweep_sandboxes")
def sweep_sandboxes(**ignored: object) -> None:
    """Close sandboxes that were left over."""
    orphans.sweep()


@shared_task(name="agents.tidy")
def tidy(**ignored: object) -> None:
    """Once a day: forget what nobody asks for, and keep the copies of repositories small."""
    credentials.remove_old_uses()
    mirrors.sweep()


@worker_ready.connect
def warm_up(**_: object) -> None:
    """Do beside the first reports what the first job would wait seconds for."""
    threading.Thread(target=_prepare, name="warm-up", daemon=True).start()


def _prepare() -> None:
    import_module("pydantic_ai")
    toolbox.build()
