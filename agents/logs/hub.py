"""The web process's end of a log: one reader per execution, any number of viewers.

A viewer says the last `seq` it has. It replays what is older from the database, then it is fed by
the reader; one that is too slow for its queue replays again from its own cursor. So nothing is
lost, doubled or out of order, whatever is restarted, and nobody waits for a slow viewer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from weakref import WeakKeyDictionary

import redis.asyncio as redis
import structlog
from channels.db import database_sync_to_async
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from agents.logs import live, reading
from agents.logs.reading import ChunkMessage

log = structlog.get_logger(__name__)

QUEUE = 16  # batches that wait for one viewer
_BATCH = 16  # chunks in one batch: about 1 MiB at most
_BLOCK = 2.0  # seconds that one question to Redis waits; then the database is asked
_TIMEOUT = 4.0  # seconds until a silent Redis counts as gone
_PAUSE = 5.0  # seconds without a try after Redis failed
_POLL = 1.0  # seconds between two looks into the database while Redis is gone

chunks_after = database_sync_to_async(reading.chunks_after)
progress = database_sync_to_async(reading.progress)


class Viewer:
    """One viewer's queue."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[list[ChunkMessage]] = asyncio.Queue(QUEUE)
        self._overflowed = False
        self._ended = False

    def offer(self, batch: list[ChunkMessage]) -> None:
        """Put a batch into the queue; when it is full the viewer replays instead."""
        try:
            self._queue.put_nowait(batch)
        except asyncio.QueueFull:
            self._overflowed = True

    def end(self) -> None:
        """Nothing more will come."""
        self._ended = True
        self.offer([])  # wakes it up

    async def next(self) -> list[ChunkMessage] | None:
        """The next batch; an empty one asks for a replay, None is the end."""
        if self._overflowed:
            self._overflowed = False
            while not self._queue.empty():
                self._queue.get_nowait()
            return []
        if self._ended and self._queue.empty():
            return None
        return await self._queue.get()


class Reader:
    """Reads one execution's log as it grows and offers it to the viewers."""

    def __init__(self, execution_id: int) -> None:
        self.viewers: set[Viewer] = set()
        self.ready = asyncio.Event()  # what is stored from here on is offered
        self._execution_id = execution_id
        self._cursor = 0
        self._client = _connect()
        self._redis_not_before = 0.0  # by the loop's clock
        self._task = asyncio.create_task(self._run(), name=f"log-reader-{execution_id}")

    @property
    def is_done(self) -> bool:
        """It reads no more."""
        return self._task.done()

    async def stop(self) -> None:
        """Read no more, and give the connection back."""
        while not self._task.done():
            # Once is not enough: redis-py swallows a cancellation that comes while it connects.
            self._task.cancel()
            await asyncio.wait([self._task], timeout=0.1)

    async def _run(self) -> None:
        try:
            while not await self._advance():
                pass
        finally:
            await self._client.aclose()
        for viewer in self.viewers:
            viewer.end()

    async def _advance(self) -> bool:
        """One round; True when the log has ended and all of it was offered."""
        try:
            if not self.ready.is_set():
                self._cursor = (await progress(self._execution_id)).last
                self.ready.set()
            await self._from_redis()
            return await self._from_database()
        except Exception:  # whatever it is, viewers wait for the next round rather than for ever
            log.exception("log_reader_failed", execution=self._execution_id)
            await asyncio.sleep(_POLL)
            return False

    async def _from_redis(self) -> None:
        """Follow the stream until it is silent, has a gap or is gone."""
        clock = asyncio.get_running_loop().time
        if clock() < self._redis_not_before:
            await asyncio.sleep(_POLL)
            return
        try:
            while entries := await self._entries():
                if entries[-1]["seq"] != self._cursor + len(entries):
                    return  # a gap, which the database fills
                self._offer(entries)
        except (RedisError, OSError) as error:
            log.warning("live_log_away", execution=self._execution_id, error=str(error))
            self._redis_not_before = clock() + _PAUSE

    async def _entries(self) -> list[ChunkMessage]:
        streams: Any = {live.key(self._execution_id): f"{self._cursor}-0"}
        answer: Any = await self._client.xread(streams, count=_BATCH, block=int(_BLOCK * 1000))
        entries = answer[0][1] if answer else []
        return [
            {"seq": int(name.partition("-")[0]), "stream": fields["stream"], "text": fields["text"]}
            for name, fields in entries
        ]

    async def _from_database(self) -> bool:
        """Catch up; True when the log has ended and all of it was offered."""
        state = await progress(self._execution_id)
        while batch := await chunks_after(self._execution_id, self._cursor, _BATCH):
            self._offer(batch)
        return state.ended and self._cursor >= state.last

    def _offer(self, batch: list[ChunkMessage]) -> None:
        self._cursor = batch[-1]["seq"]
        for viewer in self.viewers:
            viewer.offer(batch)


class Hub:
    """The readers of one event loop."""

    def __init__(self) -> None:
        self._readers: dict[int, Reader] = {}

    async def follow(self, execution_id: int, after: int) -> AsyncGenerator[list[ChunkMessage]]:
        """All chunks above `after`, in order, in batches, until the log has ended.

        Close the generator (`contextlib.aclosing`): it holds the viewer's place.
        """
        viewer = Viewer()
        reader = self._join(execution_id, viewer)
        try:
            await reader.ready.wait()
            batch: list[ChunkMessage] | None = []
            while batch is not None:
                if batch:
                    if new := [chunk for chunk in batch if chunk["seq"] > after]:
                        after = new[-1]["seq"]
                        yield new
                else:
                    while replayed := await chunks_after(execution_id, after):
                        after = replayed[-1]["seq"]
                        yield replayed
                batch = await viewer.next()
        finally:
            await self._leave(execution_id, reader, viewer)

    def _join(self, execution_id: int, viewer: Viewer) -> Reader:
        reader = self._readers.get(execution_id)
        if reader is None or reader.is_done:
            reader = self._readers[execution_id] = Reader(execution_id)
        reader.viewers.add(viewer)
        return reader

    async def _leave(self, execution_id: int, reader: Reader, viewer: Viewer) -> None:
        reader.viewers.discard(viewer)
        if reader.viewers:
            return
        if self._readers.get(execution_id) is reader:
            del self._readers[execution_id]
        await reader.stop()


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The running event loop's hub."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


def _connect() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        decode_responses=True,
        socket_timeout=_TIMEOUT,
        socket_connect_timeout=_TIMEOUT,
        retry=Retry(NoBackoff(), 0),
    )
