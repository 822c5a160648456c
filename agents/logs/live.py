"""The live copy of a log: one capped Redis stream per execution.

An entry's id is the chunk's `seq`, so that a reader's cursor and a gap are both plain to see.
Losing it all harms nobody: the database is the truth.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from agents.logs.reading import ChunkMessage

log = structlog.get_logger(__name__)

KEPT_CHUNKS = 500
KEPT_SECONDS = 24 * 3600
_TIMEOUT = 2.0  # seconds that a worker waits for Redis
_PAUSE = 5.0  # seconds without a try after Redis failed


def key(execution_id: int) -> str:
    """The stream's name."""
    return f"log:{execution_id}"


def chunk(entry_id: str, fields: Mapping[str, str]) -> ChunkMessage:
    """What an entry of the stream says."""
    told: ChunkMessage = {
        "seq": int(entry_id.partition("-")[0]),
        "stream": fields["stream"],
        "text": fields["text"],
    }
    if "at" in fields:
        told["at"] = fields["at"]
    return told


def connect(url: str) -> redis.Redis:
    """A client that gives up soon."""
    return redis.Redis.from_url(
        url,
        socket_timeout=_TIMEOUT,
        socket_connect_timeout=_TIMEOUT,
        retry=Retry(NoBackoff(), 0),
    )


class LiveStream:
    """Tells viewers of new chunks; a Redis that is away is no error."""

    def __init__(self, execution_id: int, client: redis.Redis) -> None:
        self._key = key(execution_id)
        self._client = client
        self._not_before = 0.0

    def forget(self) -> None:
        """Drop what an execution of the same number left (the database came from a backup)."""
        self._try(lambda: self._client.delete(self._key))

    def publish(self, chunks: Iterable[ChunkMessage]) -> None:
        """Add stored chunks."""
        self._try(lambda: self._add(chunks))

    def _try(self, work: Callable[[], object]) -> None:
        if time.monotonic() < self._not_before:
            return
        try:
            work()
        except (redis.RedisError, OSError) as error:
            self._not_before = time.monotonic() + _PAUSE
            log.warning("live_log_away", key=self._key, error=str(error))

    def _add(self, chunks: Iterable[ChunkMessage]) -> None:
        pipe = self._client.pipeline(transaction=False)
        for chunk in chunks:
            fields: dict[Any, Any] = {key: value for key, value in chunk.items() if key != "seq"}
            pipe.xadd(self._key, fields, id=f"{chunk['seq']}-0", maxlen=KEPT_CHUNKS)
        pipe.expire(self._key, KEPT_SECONDS)
        # A chunk that is there already (the worker died in between) is refused: so be it.
        pipe.execute(raise_on_error=False)

    def close(self) -> None:
        """Give the connection back."""
        with suppress(redis.RedisError, OSError):
            self._client.close()
