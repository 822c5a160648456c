"""Viewers get every chunk once and in order, whatever Redis does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from agents.logs import hub as hub_module
from agents.logs.hub import Hub, Viewer
from agents.logs.reading import ChunkMessage
from agents.logs.recorder import Recorder
from agents.models import Execution
from tests import factories
from tests.agents.logs.conftest import MakeRecorder
from tests.services import Valkey

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

Follow = Callable[..., Coroutine[Any, Any, list[ChunkMessage]]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rules with shorter waits."""
    monkeypatch.setattr(hub_module, "_BLOCK", 0.2)
    monkeypatch.setattr(hub_module, "_TIMEOUT", 1.0)
    monkeypatch.setattr(hub_module, "_PAUSE", 0.2)
    monkeypatch.setattr(hub_module, "_POLL", 0.1)


@sync_to_async
def write(recorder: Recorder, *lines: str) -> None:
    """One chunk per line."""
    for line in lines:
        recorder.write("output", line)
        recorder.flush()


@sync_to_async
def end(execution: Execution) -> None:
    Execution.objects.filter(pk=execution.pk).update(status=Execution.Status.COMPLETED)


async def seen(
    hub: Hub, execution: Execution, after: int = 0, *, until: int | None = None
) -> list[ChunkMessage]:
    """What a viewer gets until the end, or until it has a chunk of this number."""
    chunks: list[ChunkMessage] = []
    async with aclosing(hub.follow(execution.pk, after)) as batches:
        async for batch in batches:
            chunks += batch
            if until is not None and chunks[-1]["seq"] >= until:
                break
    return chunks


def numbers(chunks: list[ChunkMessage]) -> list[int]:
    return [chunk["seq"] for chunk in chunks]


async def test_an_ended_log_is_replayed_from_the_viewers_position(execution: Execution) -> None:
    await sync_to_async(factories.make_chunks)(execution, "a\n", "b\n", "c\n")
    await end(execution)

    assert await seen(Hub(), execution, 1) == [
        {"seq": 2, "stream": "output", "text": "b\n"},
        {"seq": 3, "stream": "output", "text": "c\n"},
    ]


async def test_viewers_get_old_and_new_chunks_and_the_end(
    execution: Execution, record: MakeRecorder, valkey: Valkey
) -> None:
    hub = Hub()
    recorder = await sync_to_async(record)()
    await write(recorder, "1\n", "2\n")
    viewers = [asyncio.create_task(seen(hub, execution, after)) for after in (0, 0, 2)]
    await seen(hub, execution, until=2)
    await write(recorder, "3\n", "4\n")
    late = asyncio.create_task(seen(hub, execution))
    await write(recorder, "5\n")
    await end(execution)

    results = await asyncio.gather(*viewers, late)

    assert [numbers(result) for result in results] == [
        [1, 2, 3, 4, 5],
        [1, 2, 3, 4, 5],
        [3, 4, 5],
        [1, 2, 3, 4, 5],
    ]


async def test_chunks_come_through_redis_before_the_database_is_asked_again(
    execution: Execution,
    record: MakeRecorder,
    valkey: Valkey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub_module, "_BLOCK", 60.0)
    monkeypatch.setattr(hub_module, "_TIMEOUT", 70.0)
    recorder = await sync_to_async(record)()
    await write(recorder, "1\n")
    viewer = asyncio.create_task(seen(Hub(), execution, until=2))
    await write(recorder, "2\n")

    assert numbers(await asyncio.wait_for(viewer, 10)) == [1, 2]


async def test_one_reader_serves_all_viewers_and_goes_with_the_last(
    execution: Execution, valkey: Valkey
) -> None:
    hub = Hub()
    await sync_to_async(factories.make_chunks)(execution, "1\n")
    async with (
        aclosing(hub.follow(execution.pk, 0)) as first,
        aclosing(hub.follow(execution.pk, 0)) as second,
    ):
        await anext(first)
        await anext(second)
        assert len(hub._readers) == 1

    assert not hub._readers


async def test_a_slow_viewer_replays_and_misses_nothing(
    execution: Execution, record: MakeRecorder, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "QUEUE", 2)
    hub = Hub()
    recorder = await sync_to_async(record)()
    await write(recorder, "1\n")
    got: list[ChunkMessage] = []
    async with aclosing(hub.follow(execution.pk, 0)) as slow:
        got += await anext(slow)
        for number in range(2, 12):
            await write(recorder, f"{number}\n")
            await seen(hub, execution, number - 1, until=number)
        (viewer,) = hub._readers[execution.pk].viewers
        assert viewer._overflowed
        await end(execution)
        async for batch in slow:
            got += batch

    assert numbers(got) == list(range(1, 12))


async def test_an_end_that_does_not_fit_into_the_queue_is_not_lost() -> None:
    viewer = Viewer()
    for _ in range(hub_module.QUEUE):
        viewer.offer([{"seq": 1, "stream": "output", "text": "x"}])
    viewer.end()

    assert [await viewer.next(), await viewer.next()] == [[], None]


async def test_a_restart_of_redis_loses_nothing(
    execution: Execution, record: MakeRecorder, valkey: Valkey
) -> None:
    hub = Hub()
    recorder = await sync_to_async(record)()
    await write(recorder, "1\n")
    viewer = asyncio.create_task(seen(hub, execution))
    await seen(hub, execution, until=1)
    await sync_to_async(valkey.stop)()
    await write(recorder, "2\n")
    assert numbers(await seen(hub, execution, until=2)) == [1, 2]  # by polling
    await sync_to_async(valkey.start)()
    await write(recorder, "3\n")
    await end(execution)

    assert numbers(await viewer) == [1, 2, 3]


async def test_a_flushed_redis_loses_nothing(
    execution: Execution, record: MakeRecorder, valkey: Valkey
) -> None:
    hub = Hub()
    recorder = await sync_to_async(record)()
    await write(recorder, "1\n", "2\n")
    viewer = asyncio.create_task(seen(hub, execution))
    await seen(hub, execution, until=2)
    with valkey.client() as client:
        client.flushall()
    await write(recorder, "3\n")
    await end(execution)

    assert numbers(await viewer) == [1, 2, 3]


async def test_a_chunk_that_redis_never_got_is_read_from_the_database(
    execution: Execution, record: MakeRecorder, valkey: Valkey
) -> None:
    recorder = await sync_to_async(record)()
    await write(recorder, "1\n")
    hub = Hub()
    viewer = asyncio.create_task(seen(hub, execution))
    await seen(hub, execution, until=1)
    recorder._live._not_before = float("inf")
    await write(recorder, "2\n")
    recorder._live._not_before = 0.0
    await write(recorder, "3\n")
    await end(execution)

    assert numbers(await viewer) == [1, 2, 3]
