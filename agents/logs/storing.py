"""Writing chunks to the database, under the fence of the worker's lease."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from agents.logs.pieces import Piece, chunked, cut_to_bytes
from agents.logs.reading import ChunkMessage
from agents.models import Execution, Job, LogChunk
from agents.pipelines.base import LeaseLost

MEBIBYTE = 1024 * 1024
# The platform's own few lines go on after the limit: the end of a log tells what became of it.
_PLATFORM_RESERVE = MEBIBYTE


@dataclass(frozen=True, slots=True)
class _State:
    """Where an execution's log ends."""

    job_id: int
    seq: int
    bytes: int
    truncated: bool


@dataclass(frozen=True, slots=True)
class _Batch:
    """Chunks, and where the log ends with them."""

    chunks: list[ChunkMessage]
    state: _State


class LogStore:
    """One execution's stored log, written by one worker. `limit` counts bytes of text."""

    def __init__(self, execution_id: int, fence: int, *, limit: int) -> None:
        self._execution_id = execution_id
        self._fence = fence
        self._limit = limit
        self._state: _State | None = None
        self._unsure: _Batch | None = None

    @property
    def truncated(self) -> bool:
        """The limit was reached: only the platform's lines are kept from now on."""
        return self._state is not None and self._state.truncated

    def position(self) -> int:
        """The last stored seq."""
        if self._state is None:
            self._state = self._load()
        return self._state.seq

    def append(self, pieces: Sequence[Piece]) -> list[ChunkMessage]:
        """Store text; raises LeaseLost, and what the database raises: then ask again with the same.

        A commit whose answer was lost is recognised when it is asked for again.
        """
        with transaction.atomic():
            before = self._locked_state()
            if self._unsure and before == self._unsure.state:
                batch = self._unsure  # it did arrive
            else:
                batch = self._unsure = self._batch(before, pieces)
                self._insert(before, batch)
        self._state, self._unsure = batch.state, None
        return batch.chunks

    def _locked_state(self) -> _State:
        """Where the log ends; the fence holds until the transaction ends."""
        state = self._load() if self._state is None or self._unsure else self._state
        held = Job.objects.filter(pk=state.job_id, fence=self._fence, status__in=Job.HELD)
        if not held.select_for_update().values_list("pk", flat=True).first():
            raise LeaseLost
        return state

    def _load(self) -> _State:
        row = (
            Execution.objects.filter(pk=self._execution_id)
            .values_list("job_id", "log_seq", "log_bytes", "log_truncated")
            .first()
        )
        if row is None:
            raise LeaseLost
        return _State(*row)

    def _insert(self, before: _State, batch: _Batch) -> None:
        after = batch.state
        changed = Execution.objects.filter(pk=self._execution_id, log_seq=before.seq).update(
            log_seq=after.seq, log_bytes=after.bytes, log_truncated=after.truncated
        )
        if not changed:
            raise LeaseLost
        LogChunk.objects.bulk_create(
            LogChunk(execution_id=self._execution_id, **chunk) for chunk in batch.chunks
        )

    def _batch(self, before: _State, pieces: Sequence[Piece]) -> _Batch:
        kept, size, truncated = self._within_limit(before, pieces)
        chunks: list[ChunkMessage] = [
            {"seq": seq, "stream": piece.stream, "text": piece.text}
            for seq, piece in enumerate(chunked(kept), start=before.seq + 1)
        ]
        return _Batch(chunks, _State(before.job_id, before.seq + len(chunks), size, truncated))

    def _within_limit(
        self, before: _State, pieces: Sequence[Piece]
    ) -> tuple[list[Piece], int, bool]:
        """What is kept of the text, the log's size with it, and whether it is truncated."""
        kept: list[Piece] = []
        size, truncated = before.bytes, before.truncated
        for piece in pieces:
            platform = piece.stream == LogChunk.Stream.PLATFORM
            room = self._limit + (_PLATFORM_RESERVE if platform else 0) - size
            text = "" if truncated and not platform else cut_to_bytes(piece.text, room)
            kept += [Piece(piece.stream, text)] if text else []
            size += len(text.encode())
            if len(text) < len(piece.text) and not truncated:
                truncated = True
                kept.append(Piece(LogChunk.Stream.PLATFORM, self._mark(text)))
                size += len(kept[-1].text.encode())
        return kept, size, truncated

    def _mark(self, text_before: str) -> str:
        """The line that says where the log was cut."""
        line_end = "" if text_before.endswith("\n") else "\n"
        size = f"{self._limit / MEBIBYTE:g} MiB"
        return f"{line_end}The log reached its limit of {size}; later output is not kept.\n"
