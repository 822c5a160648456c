"""Handing work to the worker: after the commit, ids only, by name (tasks lie above us)."""

from __future__ import annotations

import structlog
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

# Seconds after which somebody is sent for again.
_MESSAGE_LOST = 5

DESCRIBE_WITHIN = 3600.0  # seconds


def group(project_id: int) -> None:
    """Group a project's waiting feedback soon."""
    transaction.on_commit(lambda: send("clusters.group", project_id))


def refine(project_id: int) -> None:
    """Find a project's groups anew soon; it is seen to be due again if the message is lost."""
    transaction.on_commit(lambda: send("clusters.refine", project_id))


def judge(cluster_id: int) -> None:
    """Judge soon whether a cluster holds one matter; it is asked for again when it grows."""
    transaction.on_commit(lambda: send("clusters.judge", cluster_id))


def sync(source_id: int) -> None:
    """Fetch what is new of a source soon; a sweep finds it again if the message is lost."""
    transaction.on_commit(lambda: send("clusters.sync", source_id))


def describe(cluster_id: int) -> None:
    """Have a model describe a cluster soon; where the message is lost, its own words stay."""
    transaction.on_commit(lambda: send("clusters.describe", cluster_id, expires=DESCRIBE_WITHIN))


def delete_reports(source_id: int) -> None:
    """Delete the reports of a removed source soon; found again daily if the message is lost."""
    transaction.on_commit(lambda: send("clusters.delete_reports", source_id))


def read_intake(source_id: int) -> None:
    """Have what was sent to a source read soon; a sweep finds it again if the message is lost."""
    transaction.on_commit(lambda: _read_intake(source_id))


def intake_is_read(source_id: int) -> None:
    """A worker begins to read: what is kept from now on needs another message."""
    try:
        cache.delete(_sent_for(source_id))
    except RedisError:
        log.warning("intake_messages_not_counted", exc_info=True)


def _read_intake(source_id: int) -> None:
    """One message is enough until a worker has taken it, however many are kept meanwhile."""
    try:
        if not cache.add(_sent_for(source_id), 1, timeout=_MESSAGE_LOST):
            return
    except RedisError:
        log.warning("intake_messages_not_counted", exc_info=True)
    send("clusters.read_intake", source_id)


def _sent_for(source_id: int) -> str:
    return f"intake:sent_for:{source_id}"


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
