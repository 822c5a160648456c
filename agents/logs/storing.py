"""Writing chunks to the database, under the fence of the worker's lease."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from agents.logs.pieces import Piece, chunked, cut_to_bytes
from agents.logs.reading import ChunkMessage, moment
from agents.models import Execution, Job, LogChunk
from agents.pipelines.base import LeaseLost

MEBIBYTE = 1024 * 1024
# The platform's own few lines go on after the limit: the end of a log tells what became of it.
_PLATFORM_RESERVE = MEBIBYTE


@dataclass(frozen=True, slots=True)
class _State:
    """Where an execution's log ends, and how many characters of each source it holds."""

    job_id: int
    seq: int
    bytes: int
    truncated: bool
    sources: Mapping[str, int]


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

    def sources(self) -> Mapping[str, int]:
        """How many characters of each source the log holds, or left out above its limit."""
        if self._state is None:
            self._state = self._load()
        return self._state.sources

    def forget(self, beginning: str) -> None:
        """Do not keep any longer how much of the sources that begin so is held."""
        state = self._state
        if state is not None and any(source.startswith(beginning) for source in state.sources):
            kept = {s: size for s, size in state.sources.items() if not s.startswith(beginning)}
            self._state = replace(state, sources=kept)

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
            .values_list("job_id", "log_seq", "log_bytes", "log_truncated", "log_sources")
            .first()
        )
        if row is None:
            raise LeaseLost
        return _State(*row)

    def _insert(self, before: _State, batch: _Batch) -> None:
        after = batch.state
        changed = Execution.objects.filter(pk=self._execution_id, log_seq=before.seq).update(
            log_seq=after.seq,
            log_bytes=after.bytes,
            log_truncated=after.truncated,
            log_sources=after.sources,
        )
        if not changed:
            raise LeaseLost
        LogChunk.objects.bulk_create(self._row(chunk) for chunk in batch.chunks)

    def _row(self, chunk: ChunkMessage) -> LogChunk:
        return LogChunk(
            execution_id=self._execution_id,
            seq=chunk["seq"],
            stream=chunk["stream"],
            text=chunk["text"],
            created_at=datetime.fromisoformat(chunk["at"]),
        )

    def _batch(self, before: _State, pieces: Sequence[Piece]) -> _Batch:
        kept, size, truncated = self._within_limit(before, pieces)
        now = moment(timezone.now())  # to the millisecond: viewers and rows tell the same
        chunks: list[ChunkMessage] = [
            {"seq": seq, "stream": piece.stream, "text": piece.text, "at": now}
            for seq, piece in enumerate(chunked(kept), start=before.seq + 1)
        ]
        seq = before.seq + len(chunks)
        sources = _with(before.sources, pieces)
        return _Batch(chunks, _State(before.job_id, seq, size, truncated, sources))

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
                kept.append(Piece(LogChunk.Stream.PLATFORM, self._mark(kept, before)))
                size += len(kept[-1].text.encode())
        return kept, size, truncated

    def _mark(self, kept: Sequence[Piece], before: _State) -> str:
        """The line that says where the log was cut."""
        last = kept[-1].text if kept else self._last_text(before)
        line_end = "" if not last or last.endswith("\n") else "\n"
        size = f"{self._limit / MEBIBYTE:g} MiB"
        return f"{line_end}The log reached its limit of {size}; later output is not kept.\n"

    def _last_text(self, state: _State) -> str:
        chunks = LogChunk.objects.filter(execution=self._execution_id, seq=state.seq)
        return chunks.values_list("text", flat=True).first() or ""


def _with(sources: Mapping[str, int], pieces: Sequence[Piece]) -> Mapping[str, int]:
    """What is held of each source with these pieces."""
    added: Counter[str] = Counter()
    for piece in pieces:
        if piece.source:
            added[piece.source] += len(piece.text)
    return {**sources, **{source: sources.get(source, 0) + n for source, n in added.items()}}
