"""Where background work begins. Arguments are ids; unknown ones come from newer versions."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import structlog
from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from django.db import Error, connection
from redis.exceptions import RedisError

from agents.execute import leaving
from agents.execute.run import owner_name, work_on
from agents.pipelines import toolbox
from agents.services import (
    deliveries,
    installation,
    leases,
    mirrors,
    orphans,
    proposals,
    queueing,
    reconciling,
)
from agents.services.leases import Lease
from clusters.forges.base import ForgeError
from clusters.queue import send
from credentials.errors import AppError
from credentials.services import credentials

log = structlog.get_logger(__name__)

# A worker has more threads than this: long jobs must not keep the reaper waiting.
_slots = threading.BoundedSemaphore(settings.JOBS_AT_ONCE)
# One thread of a process chooses at a time, so that not all of them try for the same job.
_choosing = threading.Lock()
# A message came while every slot was taken, perhaps just before one of them was given back.
_missed = threading.Event()
# Jobs that are tried for, one after the other, when other workers are quicker.
TRIED = 8


@shared_task(name="agents.run_job")
def run_job(job_id: int, **ignored: object) -> None:
    """Work on jobs until none may begin: the message says only that there may be one.

    Which one is next, the queue says; `job_id` is why the message was sent. When this worker has
    its hands full the job goes on waiting in the database, and whoever ends first takes it up.
    """
    while _has_slot():
        try:
            _missed.clear()
            while lease := _take():
                work_on(lease)
        finally:
            _slots.release()
        if not _missed.is_set():
            return


def _has_slot() -> bool:
    if _slots.acquire(blocking=False):
        return True
    # In this order: who gives a slot back looks for this afterwards.
    _missed.set()
    return _slots.acquire(blocking=False)


def _take() -> Lease | None:
    """Claim the next job, and have somebody else look for the one after it."""
    try:
        with _choosing:
            chosen = [*leases.expired(), *queueing.upcoming(TRIED)]
            lease, rest = _claim(chosen)
    except Error:
        log.warning("queue_not_read", exc_info=True)  # the reaper's message asks again
        connection.close()  # nobody else would: one that broke stays broken
        return None
    if lease and rest:
        send("agents.run_job", rest[0], expires=60)
    return lease


def _claim(job_ids: Sequence[int]) -> tuple[Lease | None, Sequence[int]]:
    """The first of these that is free, and those after it."""
    for place, job_id in enumerate(job_ids, start=1):
        if leaving.is_leaving():
            break
        if lease := leases.claim(job_id, owner_name()):
            return lease, job_ids[place:]
    return None, ()


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


@shared_task(name="agents.propose")
def propose(**ignored: object) -> None:
    """Propose fixes for what many people report, where projects want that."""
    proposals.propose_due()


@shared_task(name="agents.tidy")
def tidy(**ignored: object) -> None:
    """Once a day: forget what nobody asks for, and keep the copies of repositories small."""
    credentials.remove_old_uses()
    mirrors.sweep()


@worker_ready.connect
def begin(sender: Any, **_: object) -> None:
    """Look for jobs at once, and do what the first one would wait seconds for."""
    if "jobs" in sender.app.amqp.queues.consume_from:
        threading.Thread(target=_prepare, name="warm-up", daemon=True).start()


@worker_shutting_down.connect
def leave(**_: object) -> None:
    """Begin nothing more, and give back what runs."""
    leaving.leave()


def _prepare() -> None:
    try:
        installation.note_beat()
        send("agents.run_job", 0, expires=60)
    except RedisError:
        log.warning("redis_away", exc_info=True)  # beat's next message tells it
    import_module("pydantic_ai")
    toolbox.build()
