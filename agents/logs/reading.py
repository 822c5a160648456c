"""Reading a stored log: what the API, the page and the hub share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from agents.models import Execution, LogChunk

LIMIT = 500  # chunks of one answer
_ENOUGH = 1024 * 1024  # characters of one answer


class ChunkMessage(TypedDict):
    """A chunk as clients see it; `stream` is platform, output or agent."""

    seq: int
    stream: str
    text: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an execution's log is."""

    last: int  # seq of its last stored chunk
    ended: bool  # nothing more will come


def chunks_after(execution: Execution | int, after: int, limit: int = LIMIT) -> list[ChunkMessage]:
    """The next chunks with a `seq` above `after`, in order: at most `limit`, about 1 MiB.

    An empty answer means that there is no more at this moment.
    """
    rows = (
        LogChunk.objects.filter(execution=execution, seq__gt=after)
        .order_by("seq")
        .values_list("seq", "stream", "text")[:limit]
    )
    chunks: list[ChunkMessage] = []
    size = 0
    for seq, stream, text in rows.iterator(chunk_size=20):
        chunks.append({"seq": seq, "stream": stream, "text": text})
        size += len(text)
        if size >= _ENOUGH:
            break
    return chunks


def progress(execution_id: int) -> Progress:
    """How far the log is now; an execution that is gone has ended."""
    row = Execution.objects.filter(pk=execution_id).values_list("log_seq", "status").first()
    if row is None:
        return Progress(0, ended=True)
    last, status = row
    return Progress(last, ended=status != Execution.Status.RUNNING)


def tail(execution: Execution, lines: int = 500) -> list[ChunkMessage]:
    """The last chunks that together hold at least so many lines (or all of the log)."""
    chunks: list[ChunkMessage] = []
    left, size = lines, 0
    rows = (
        LogChunk.objects.filter(execution=execution)
        .order_by("-seq")
        .values_list("seq", "stream", "text")
    )
    for seq, stream, text in rows[: 2 * lines].iterator(chunk_size=20):
        chunks.append({"seq": seq, "stream": stream, "text": text})
        left -= text.count("\n")
        size += len(text)
        if left <= 0 or size >= _ENOUGH:
            break
    chunks.reverse()
    return chunks
