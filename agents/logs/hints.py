"""Hints over the channel layer: "this job changed, ask again". They may get lost."""

from __future__ import annotations

import asyncio
import time
from weakref import WeakKeyDictionary

import structlog
from asgiref.sync import async_to_sync
from channels.layers import BaseChannelLayer, get_channel_layer

log = structlog.get_logger(__name__)

_TIMEOUT = 2.0  # seconds
_PAUSE = 5.0  # seconds without a try after Redis failed

# Until when (of time.monotonic()) each layer is left alone.
_not_before: WeakKeyDictionary[BaseChannelLayer, float] = WeakKeyDictionary()


def group(job_id: int) -> str:
    """The group that hears of a job."""
    return f"job.{job_id}"


def notify_job_changed(job_id: int) -> None:
    """Make open pages of a job ask again. Call it after the commit; it never raises.

    While Redis is away a worker does not wait for it every time.
    """
    layer = get_channel_layer()
    if layer is None or time.monotonic() < _not_before.get(layer, 0.0):
        return
    try:
        async_to_sync(_send)(layer, job_id)
    except Exception as error:  # noqa: BLE001 - a hint is never worth a failed job
        _not_before[layer] = time.monotonic() + _PAUSE
        log.warning("hint_not_sent", job=job_id, error=repr(error))


async def _send(layer: BaseChannelLayer, job_id: int) -> None:
    message = {"type": "job.changed", "job": job_id}
    await asyncio.wait_for(layer.group_send(group(job_id), message), _TIMEOUT)
