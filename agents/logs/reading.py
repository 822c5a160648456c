"""Reading a stored log: what the API, the page and the hub share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NotRequired, TypedDict

from agents.models import Execution, LogChunk

LIMIT = 500  # chunks of one answer
_ENOUGH = 1024 * 1024  # characters of one answer
_COLUMNS = ("seq", "stream", "text", "created_at")


class ChunkMessage(TypedDict):
    """A chunk as clients see it; `stream` is platform, output or agent.

    `at` is when it was stored, as ISO 8601 with milliseconds.
    """

    seq: int
    stream: str
    text: str
    at: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an execution's log is."""

    last: int  # seq of its last stored chunk
    ended: bool  # nothing more will come


def moment(value: datetime) -> str:
    """A time as chunks tell it."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def chunks_after(
    execution: Execution | int, after: int, limit: int = LIMIT, enough: int = _ENOUGH
) -> list[ChunkMessage]:
    """The next chunks with a `seq` above `after`, in order: at most `limit`.

    It ends with the one that makes it `enough` characters. An empty answer means that there is no
    more at this moment.
    """
    rows = LogChunk.objects.filter(execution=execution, seq__gt=after).order_by("seq")
    return _taken(rows.values_list(*_COLUMNS)[:limit].iterator(chunk_size=20), enough)


def progress(execution_id: int) -> Progress:
    """How far the log is now; an execution that is gone has ended."""
    row = Execution.objects.filter(pk=execution_id).values_list("log_seq", "status").first()
    if row is None:
        return Progress(0, ended=True)
    last, status = row
    return Progress(last, ended=status != Execution.Status.RUNNING)


def tail(execution: Execution | int, lines: int = 500, enough: int = _ENOUGH) -> list[ChunkMessage]:
    """The last chunks that together hold at least so many lines (or all of the log)."""
    rows = LogChunk.objects.filter(execution=execution).order_by("-seq")
    newest_first = rows.values_list(*_COLUMNS)[: 2 * lines].iterator(chunk_size=20)
    chunks = _taken(newest_first, enough, lines)
    chunks.reverse()
    return chunks


def _taken(
    rows: Iterable[tuple[int, str, str, datetime]], enough: int, lines: int | None = None
) -> list[ChunkMessage]:
    """Rows as chunks, until there are so many characters or lines."""
    chunks: list[ChunkMessage] = []
    for seq, stream, text, created_at in rows:
        chunks.append({"seq": seq, "stream": stream, "text": text, "at": moment(created_at)})
        enough -= len(text)
        lines = lines if lines is None else lines - text.count("\n")
        if enough <= 0 or (lines is not None and lines <= 0):
            break
    return chunks
