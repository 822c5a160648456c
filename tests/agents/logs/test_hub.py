"""Viewers get every chunk once and in order, whatever Redis does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from asgiref.sync import sync_to_async

from agents.logs import hub as hub_module
from agents.logs import live
from agents.logs.hub import Frame, Hub, Place
from agents.logs.reading import ChunkMessage
from agents.logs.recorder import Recorder
from agents.models import Execution
from tests import factories
from tests.agents.logs.conftest import MakeRecorder
from tests.services import Valkey

pytestmark = pytest.mark.django_db(transaction=True)


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
    async with place_in(hub, execution, after) as (place, news):
        while not place.has_ended and (until is None or after < until):
            chunks += await some(place, news)
            after = chunks[-1]["seq"] if chunks else after
    return chunks


@asynccontextmanager
async def place_in(
    hub: Hub, execution: Execution, after: int = 0
) -> AsyncIterator[tuple[Place, asyncio.Event]]:
    """A viewer's place, and what it is woken by."""
    news = asyncio.Event()
    place = hub.join(execution.pk, execution.number, after, news.set)
    try:
        yield place, news
    finally:
        await hub.leave(place)


async def some(place: Place, news: asyncio.Event) -> list[ChunkMessage]:
    """What comes next; empty when nothing more will."""
    while (frame := await place.next()) is None:
        if place.has_ended:
            return []
        await news.wait()
        news.clear()
    return frame.message["chunks"]


def numbers(chunks: list[ChunkMessage]) -> list[int]:
    return [chunk["seq"] for chunk in chunks]


@pytest.mark.asyncio
async def test_an_ended_log_is_replayed_from_the_viewers_position(execution: Execution) -> None:
    await sync_to_async(factories.make_chunks)(execution, "a\n", "b\n", "c\n")
    await end(execution)

    got = await seen(Hub(), execution, 1)

    assert [(chunk["seq"], chunk["stream"], chunk["text"]) for chunk in got] == [
        (2, "output", "b\n"),
        (3, "output", "c\n"),
    ]


@pytest.mark.asyncio
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


@pytest.mark.asyncio
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


@pytest.mark.asyncio
async def test_one_reader_serves_all_viewers_and_goes_with_the_last(
    execution: Execution, valkey: Valkey
) -> None:
    hub = Hub()
    await sync_to_async(factories.make_chunks)(execution, "1\n")
    async with place_in(hub, execution) as first, place_in(hub, execution) as second:
        await some(*first)
        await some(*second)
        assert len(hub._readers) == 1

    assert not hub._readers


@pytest.mark.asyncio
async def test_viewers_at_the_same_place_share_what_is_sent(
    execution: Execution, record: MakeRecorder, valkey: Valkey
) -> None:
    hub = Hub()
    recorder = await sync_to_async(record)()
    async with place_in(hub, execution) as first, place_in(hub, execution) as second:
        await write(recorder, "1\n", "2\n")
        await some(*first)
        await some(*second)
        frame = first[0].reader.shared(0)
        assert frame is not None
        assert frame is second[0].reader.shared(0)


@pytest.mark.asyncio
async def test_a_viewer_who_looks_away_keeps_no_memory_and_misses_nothing(
    execution: Execution, record: MakeRecorder, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "SHARED", 4)
    hub = Hub()
    recorder = await sync_to_async(record)()
    await write(recorder, "1\n")
    async with place_in(hub, execution) as slow:
        got = await some(*slow)
        for number in range(2, 12):
            await write(recorder, f"{number}\n")
            await seen(hub, execution, number - 1, until=number)
        reader = slow[0].reader
        assert sum(frame.size for frame in reader._frames) <= 5
        assert reader.shared(1) is None  # it has to look into the database
        await end(execution)
        while more := await some(*slow):
            got += more

    assert numbers(got) == list(range(1, 12))


def test_a_frame_gives_the_part_that_somebody_lacks() -> None:
    chunks: list[ChunkMessage] = [
        {"seq": seq, "stream": "output", "text": "x"} for seq in (4, 5, 6)
    ]
    frame = Frame({"type": "chunks", "execution": 1, "chunks": chunks})

    assert frame.after(3) is frame
    assert numbers(frame.after(4).message["chunks"]) == [5, 6]


@pytest.mark.asyncio
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


@pytest.mark.asyncio
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


@pytest.mark.asyncio
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


@pytest.mark.asyncio
async def test_while_redis_is_paused_lines_come_from_the_database(
    execution: Execution,
    record: MakeRecorder,
    valkey: Valkey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "_TIMEOUT", 0.2)
    hub = Hub()
    recorder = await sync_to_async(record)()
    await write(recorder, "1\n")
    viewer = asyncio.create_task(seen(hub, execution))
    await seen(hub, execution, until=1)
    with valkey.paused():
        await write(recorder, "2\n", "3\n")
        assert numbers(await seen(hub, execution, until=3)) == [1, 2, 3]
        late = asyncio.create_task(seen(Hub(), execution))
        await write(recorder, "4\n")
    await write(recorder, "5\n")
    await end(execution)

    assert numbers(await viewer) == [1, 2, 3, 4, 5]
    assert numbers(await late) == [1, 2, 3, 4, 5]


@pytest.mark.asyncio
async def test_redis_restarted_and_flushed_again_and_again_loses_and_doubles_nothing(
    execution: Execution, record: MakeRecorder, valkey: Valkey
) -> None:
    hub = Hub()
    recorder = await sync_to_async(record)()
    viewers = [asyncio.create_task(seen(hub, execution)) for _ in range(3)]
    for number in range(1, 10):
        await write(recorder, f"{number}\n")
        if number % 3 == 1:
            with valkey.client() as client:
                client.flushall()
        elif number % 3 == 2:
            await sync_to_async(valkey.stop)()
        else:
            await sync_to_async(valkey.start)()
    await end(execution)

    for viewer in viewers:
        assert numbers(await viewer) == [*range(1, 10)]
