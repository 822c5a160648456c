"""Keeps a drafting's lease alive while its worker does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models.functions import Now

from clusters.models import PlanDrafting

log = structlog.get_logger(__name__)


def renew(drafting_id: int, attempt: int) -> bool:
    """Whether the lease was still this attempt's; if so it holds from now on."""
    mine = PlanDrafting.objects.filter(
        pk=drafting_id, attempts=attempt, state=PlanDrafting.State.RUNNING
    )
    until = Now() + timedelta(seconds=settings.LEASE_SECONDS)
    return bool(mine.update(expires_at=until))


@contextmanager
def renewed(drafting_id: int, attempt: int) -> Iterator[None]:
    """Renew the lease in a thread until the work is done."""
    done = threading.Event()
    thread = threading.Thread(target=_keep, args=(drafting_id, attempt, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _keep(drafting_id: int, attempt: int, done: threading.Event) -> None:
    try:
        while not done.wait(settings.LEASE_SECONDS / 3):
            try:
                if not renew(drafting_id, attempt):
                    return
            except DatabaseError:
                log.warning("lease_not_renewed", drafting=drafting_id, exc_info=True)
    finally:
        connection.close()
