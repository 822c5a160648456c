"""What the log's websocket sends, as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, TypedDict

from agents.logs.reading import ChunkMessage

# Characters in one message. Each takes at most 6 bytes as JSON, and daphne sends at most 1 MiB.
_MOST = 128 * 1024


class Chunks(TypedDict):
    """More of the log: `seq` has no gaps over all messages of one execution."""

    type: Literal["chunks"]
    execution: int  # its number within the job
    chunks: list[ChunkMessage]


class State(TypedDict):
    """The job changed (or this is the first message): parts of the page may be old."""

    type: Literal["state"]
    status: str
    outcome: str
    ended: bool
    execution: int | None  # number of the newest attempt; None before the first


class End(TypedDict):
    """This attempt's log is complete."""

    type: Literal["end"]
    execution: int | None


class Beat(TypedDict):
    """The connection lives."""

    type: Literal["beat"]


def in_messages(execution: int, chunks: Iterable[ChunkMessage]) -> Iterator[Chunks]:
    """Chunks in messages of a size that every server and browser takes."""
    waiting: list[ChunkMessage] = []
    size = 0
    for chunk in chunks:
        if waiting and size + len(chunk["text"]) > _MOST:
            yield Chunks(type="chunks", execution=execution, chunks=waiting)
            waiting, size = [], 0
        waiting.append(chunk)
        size += len(chunk["text"])
    if waiting:
        yield Chunks(type="chunks", execution=execution, chunks=waiting)
