"""A hint that cannot be sent harms nobody."""

from __future__ import annotations

import time

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.layers import get_channel_layer
from pytest_django.fixtures import Settings

from agents.logs.hints import group, notify_job_changed
from tests.services import Valkey

PUBSUB = "channels_redis.pubsub.RedisPubSubChannelLayer"


def test_open_pages_hear_of_a_change() -> None:
    layer = get_channel_layer()
    assert layer is not None
    async_to_sync(layer.group_add)(group(7), "page")
    notify_job_changed(7)

    assert async_to_sync(layer.receive)("page") == {"type": "job.changed", "job": 7}
    async_to_sync(layer.group_discard)(group(7), "page")


def test_without_redis_nothing_is_raised(settings: Settings) -> None:
    config = {"hosts": ["redis://127.0.0.1:1/0"]}
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": PUBSUB, "CONFIG": config}}

    notify_job_changed(7)


@pytest.mark.asyncio
async def test_inside_an_event_loop_nothing_is_raised() -> None:
    notify_job_changed(7)


@pytest.mark.asyncio
async def test_hints_travel_through_redis(valkey: Valkey, settings: Settings) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": PUBSUB, "CONFIG": {"hosts": [valkey.url]}}}
    layer = get_channel_layer()
    assert layer is not None
    channel = await layer.new_channel()
    await layer.group_add(group(7), channel)
    await sync_to_async(notify_job_changed)(7)

    assert (await layer.receive(channel))["job"] == 7


def test_while_redis_is_away_nobody_waits_for_it_every_time(
    valkey: Valkey, settings: Settings
) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": PUBSUB, "CONFIG": {"hosts": [valkey.url]}}}
    with valkey.paused():
        began = time.monotonic()
        for _ in range(20):
            notify_job_changed(7)

        assert time.monotonic() - began < 10  # and not 20 times two seconds
