"""The worker's end of a log: bytes in, stored and announced chunks out."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import redis as redis_client
import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from agents.logs import live
from agents.logs.channels import Channels, Written
from agents.logs.pieces import CHUNK, Piece
from agents.logs.reading import ChunkMessage
from agents.logs.scrubber import Scrubber
from agents.logs.storing import MEBIBYTE, LogStore
from agents.models import LogChunk

log = structlog.get_logger(__name__)

LIMIT = 64 * MEBIBYTE  # bytes of text of one execution
_COMPANY = 0.005  # seconds that the first text after a silence waits for more of it
_WINDOW = 0.05  # seconds from one batch to the next while text keeps coming
_PAUSE = 0.02  # seconds between two batches in a flood: others want the database too
_IDLE = 5.0  # seconds without text after which the thread goes
_BACKLOG = MEBIBYTE  # characters that may wait; then writers wait
_OVERHEAD = 128  # characters' worth of memory that each write takes besides its text
_RETRIES = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)  # seconds between tries while the database is away


class Recorder:
    """Records the output of one execution under one fence. Any thread may write.

    Text is decoded, scrubbed and stored by a thread of its own: at once after a silence, in batches
    while it keeps coming, in the order of the writes. When the fence is lost, the next `write` or
    `flush` raises LeaseLost; when the database stays away for long, what it raised. Never call it
    inside a transaction: the thread would wait for that transaction's locks.

    Text with a source is written from the source's beginning by every worker that has it in hand.
    Which characters of it are new, the log knows: it stores how many it holds together with them,
    so no death of a worker leaves a gap or a repeat.
    """

    def __init__(
        self,
        execution_id: int,
        fence: int,
        scrubber: Scrubber,
        *,
        redis: redis_client.Redis | None = None,
        limit: int = LIMIT,
    ) -> None:
        self._store = LogStore(execution_id, fence, limit=limit)
        self._live = live.LiveStream(execution_id, redis or live.connect(settings.REDIS_URL))
        self.scrub = scrubber.scrub  # a whole text, for who keeps it elsewhere
        self._channels = Channels(scrubber, self._store.sources())
        self._changed = threading.Condition()
        self._pending: list[Written] = []
        self._size = 0  # bytes or characters that `_pending` takes
        self._storing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._failure: Exception | None = None
        self._closed = threading.Event()
        self._drained = 0.0  # of time.monotonic()
        if self._store.position() == 0:
            self._live.forget()

    def write(
        self, stream: str, data: bytes | str, source: str = "", *, last: bool = False
    ) -> None:
        """Record output; `stream` is a value of `LogChunk.Stream`.

        With a source, what the log holds of it is left out. `last`: the source has ended.
        """
        with self._changed:
            for part in _parts(data):
                self._changed.wait_for(lambda: self._size < _BACKLOG or self._is_over())
                self._check()
                if stream == LogChunk.Stream.PLATFORM or not self._store.truncated:
                    self._add(Written(stream, source, part))
            if last:
                self._check()
                self._add(Written(stream, source, None))

    def end(self, source: str) -> None:
        """The source has ended: what could have been the beginning of a secret is shown."""
        self.write("", "", source, last=True)

    def forget(self, beginning: str) -> None:
        """Nobody will feed the sources again whose names begin so."""
        with self._storing:
            self._store.forget(beginning)

    def flush(self) -> None:
        """Store everything written so far, but an end that could be the beginning of a secret."""
        self._drain()

    def close(self, *, final: bool = False) -> None:
        """Store the rest and end the thread; a second call does nothing.

        Unless it is final, the next worker feeds sources that have not ended again, so that an end
        that could be the beginning of a secret is left to it.
        """
        if self._closed.is_set():
            return
        with self._changed:
            self._closed.set()
            self._changed.notify_all()
        try:
            self._drain(closing=True, final=final)
        finally:
            thread = self._thread
            if thread is not None:
                thread.join()
            self._live.close()

    def position(self) -> int:
        """The `seq` of the last stored chunk."""
        return self._store.position()

    def _check(self) -> None:
        self._raise_failure()
        if self._closed.is_set():
            raise ValueError("this log is closed")

    def _add(self, part: Written) -> None:
        self._pending.append(part)
        self._size += _OVERHEAD + len(part.data or "")
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="log-recorder", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _run(self) -> None:
        """The thread: a batch whenever there is one."""
        try:
            while self._wait_for_batch():
                self._drain()
        except Exception as error:  # noqa: BLE001 - kept as the failure that the writers raise
            self._fail(error)
            log.warning("log_not_recorded", error=repr(error))
        finally:
            connection.close()

    def _wait_for_batch(self) -> bool:
        """False when the thread has nothing more to do."""
        self._closed.wait(_PAUSE)
        with self._changed:
            if not self._changed.wait_for(lambda: self._pending or self._is_over(), _IDLE):
                self._thread = None  # the next write starts another
                return False
            wait = max(_COMPANY, self._drained + _WINDOW - time.monotonic())
            self._changed.wait_for(lambda: self._size >= CHUNK or self._is_over(), wait)
            return not self._is_over()

    def _drain(self, *, closing: bool = False, final: bool = False) -> None:
        """Store what is pending; one thread at a time, so that the order stays."""
        with self._storing:
            self._raise_failure()
            with self._changed:
                written, self._pending, self._size = self._pending, [], 0
                self._changed.notify_all()
            pieces = list(self._channels.pieces(written))
            pieces += self._channels.rest(final=final) if closing else []
            if pieces:
                self._live.publish(self._append(pieces))
            self._drained = time.monotonic()

    def _append(self, pieces: list[Piece]) -> list[ChunkMessage]:
        try:
            return self._append_patiently(pieces)
        except Exception as error:
            self._fail(error)
            raise

    def _append_patiently(self, pieces: list[Piece]) -> list[ChunkMessage]:
        for pause in _RETRIES:
            try:
                return self._store.append(pieces)
            except (OperationalError, InterfaceError):
                if connection.in_atomic_block:
                    raise
                connection.close()
                time.sleep(pause)
        return self._store.append(pieces)

    def _fail(self, error: Exception) -> None:
        with self._changed:
            self._failure = error
            self._changed.notify_all()

    def _is_over(self) -> bool:
        return self._closed.is_set() or self._failure is not None

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure


def _parts(data: bytes | str) -> Iterator[bytes | str]:
    """Pieces of a bounded size, so that a huge write takes no more memory than a small one."""
    for begin in range(0, len(data), CHUNK):
        yield data[begin : begin + CHUNK]
