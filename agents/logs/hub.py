"""The web process's end of a log: one reader per execution, any number of viewers.

A viewer is no more than a place in the log, the last `seq` that it has, and is woken when there is
more. What was read last is shared, as the text that is sent; whoever is further behind reads the
database. So nothing is lost, doubled or out of order, whatever is restarted, a slow viewer holds
no memory, and nobody waits for another.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from functools import cached_property
from operator import attrgetter
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
from agents.logs.messages import MOST, Chunks, encoded, in_messages
from agents.logs.reading import ChunkMessage

log = structlog.get_logger(__name__)

SHARED = 256 * 1024  # characters of the end of a log that all its viewers share
FRAMES = 256  # messages of it, however small
_BATCH = 64  # chunks that are asked for at once
_BLOCK = 2.0  # seconds that one question to Redis waits; then the database is asked
_TIMEOUT = 4.0  # seconds until a silent Redis counts as gone
_PAUSE = 5.0  # seconds without a try after Redis failed
_POLL = 1.0  # seconds between two looks into the database while Redis is gone

chunks_after = database_sync_to_async(reading.chunks_after)
progress = database_sync_to_async(reading.progress)
tail = database_sync_to_async(reading.tail)


class Frame:
    """One message of chunks, made into text once however many viewers get it."""

    def __init__(self, message: Chunks) -> None:
        self.message = message
        self.first = message["chunks"][0]["seq"]
        self.last = message["chunks"][-1]["seq"]
        self.size = sum(len(chunk["text"]) for chunk in message["chunks"])

    @cached_property
    def text(self) -> str:
        """As it is sent."""
        return encoded(self.message)

    @cached_property
    def weight(self) -> int:
        """Bytes that it takes in a server's buffer."""
        return len(self.text.encode())

    def after(self, seq: int) -> Frame:
        """The part above `seq`, which it has."""
        if seq < self.first:
            return self
        chunks = [chunk for chunk in self.message["chunks"] if chunk["seq"] > seq]
        return Frame({**self.message, "chunks": chunks})


class Place:
    """Where a viewer is in a log."""

    def __init__(self, reader: Reader, after: int, wake: Callable[[], None]) -> None:
        self.reader = reader
        self.wake = wake
        self._cursor = after

    @property
    def has_ended(self) -> bool:
        """Nothing more will come."""
        return self.reader.has_ended and self._cursor >= self.reader.cursor

    async def next(self) -> Frame | None:
        """What comes next; None when there is nothing now: `wake` is called when there is."""
        reader = self.reader
        await reader.ready.wait()
        if self._cursor >= reader.cursor:
            return None
        frame = reader.shared(self._cursor) or await self._stored()
        if frame is not None:
            self._cursor = frame.last
        return frame

    async def _stored(self) -> Frame | None:
        reader = self.reader
        chunks = await chunks_after(reader.execution_id, self._cursor, enough=MOST)
        return Frame(next(in_messages(reader.number, chunks))) if chunks else None


class Reader:
    """Reads one execution's log as it grows and wakes those who are in it."""

    def __init__(self, execution_id: int, number: int) -> None:
        self.execution_id = execution_id
        self.number = number
        self.places: set[Place] = set()
        self.ready = asyncio.Event()  # it knows where the log is
        self.cursor = 0
        self.has_ended = False
        self._frames: deque[Frame] = deque()
        self._size = 0
        self._client = _connect()
        self._redis_not_before = 0.0  # by the loop's clock
        self._task = asyncio.create_task(self._run(), name=f"log-reader-{execution_id}")

    @property
    def is_done(self) -> bool:
        """It reads no more."""
        return self._task.done()

    def shared(self, after: int) -> Frame | None:
        """What follows `after`; None when that is not at hand any more."""
        at = bisect_right(self._frames, after + 1, key=attrgetter("first")) - 1
        if at < 0 or self._frames[at].last <= after:
            return None
        return self._frames[at].after(after)

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
        self.has_ended = True
        self._wake()

    async def _advance(self) -> bool:
        """One round; True when the log has ended and all of it was read."""
        try:
            if not self.ready.is_set():
                self._keep(await tail(self.execution_id, reading.LIMIT, SHARED))
                self.ready.set()
                return await self._from_database()
            await self._from_redis()
            return await self._from_database()
        except Exception:  # whatever it is, viewers wait for the next round rather than for ever
            log.exception("log_reader_failed", execution=self.execution_id)
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
                if entries[-1]["seq"] != self.cursor + len(entries):
                    return  # a gap, which the database fills
                self._offer(entries)
        except (RedisError, OSError) as error:
            log.warning("live_log_away", execution=self.execution_id, error=str(error))
            self._redis_not_before = clock() + _PAUSE

    async def _entries(self) -> list[ChunkMessage]:
        streams: Any = {live.key(self.execution_id): f"{self.cursor}-0"}
        answer: Any = await self._client.xread(streams, count=_BATCH, block=int(_BLOCK * 1000))
        return [live.chunk(name, fields) for name, fields in (answer[0][1] if answer else [])]

    async def _from_database(self) -> bool:
        """Catch up; True when the log has ended and all of it was read."""
        state = await progress(self.execution_id)
        while self.cursor < state.last and (
            chunks := await chunks_after(self.execution_id, self.cursor, _BATCH)
        ):
            self._offer(chunks)
        return state.ended and self.cursor >= state.last

    def _offer(self, chunks: list[ChunkMessage]) -> None:
        self._keep(chunks)
        self._wake()

    def _keep(self, chunks: list[ChunkMessage]) -> None:
        for message in in_messages(self.number, chunks):
            frame = Frame(message)
            self._frames.append(frame)
            self._size += frame.size
            self.cursor = frame.last
        while (self._size > SHARED or len(self._frames) > FRAMES) and len(self._frames) > 1:
            self._size -= self._frames.popleft().size

    def _wake(self) -> None:
        for place in self.places:
            place.wake()


class Hub:
    """The readers of one event loop."""

    def __init__(self) -> None:
        self._readers: dict[int, Reader] = {}

    def join(self, execution_id: int, number: int, after: int, wake: Callable[[], None]) -> Place:
        """A place in an execution's log behind chunk `after`; give it back with `leave`."""
        reader = self._readers.get(execution_id)
        if reader is None or reader.is_done:
            reader = self._readers[execution_id] = Reader(execution_id, number)
        place = Place(reader, after, wake)
        reader.places.add(place)
        return place

    async def leave(self, place: Place) -> None:
        """Nobody looks from there any more; the last one turns the light off."""
        reader = place.reader
        reader.places.discard(place)
        if reader.places:
            return
        if self._readers.get(reader.execution_id) is reader:
            del self._readers[reader.execution_id]
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
