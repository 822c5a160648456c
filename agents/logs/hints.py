"""Hints over the channel layer: "this job changed, ask again". They may get lost."""

from __future__ import annotations

import asyncio

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

log = structlog.get_logger(__name__)

_TIMEOUT = 2.0  # seconds


def group(job_id: int) -> str:
    """The group that hears of a job."""
    return f"job.{job_id}"


def notify_job_changed(job_id: int) -> None:
    """Make open pages of a job ask again. Call it after the commit; it never raises."""
    try:
        async_to_sync(_send)(job_id)
    except Exception as error:  # noqa: BLE001 - a hint is never worth a failed job
        log.warning("hint_not_sent", job=job_id, error=str(error))


async def _send(job_id: int) -> None:
    layer = get_channel_layer()
    if layer is not None:
        message = {"type": "job.changed", "job": job_id}
        await asyncio.wait_for(layer.group_send(group(job_id), message), _TIMEOUT)
