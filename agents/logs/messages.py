"""What the log's websocket sends, as JSON, and the one thing that it hears: a `mark`, sent back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, TypedDict

from agents.logs.reading import ChunkMessage

# Characters in one message. Each takes at most 6 bytes as JSON, and daphne sends at most 1 MiB.
MOST = 128 * 1024


class Chunks(TypedDict):
    """More of the log: `seq` has no gaps over all messages of one execution."""

    type: Literal["chunks"]
    execution: int  # its number within the job
    chunks: list[ChunkMessage]


class StepMessage(TypedDict):
    """A step of the newest attempt: the chunks with first < seq <= last are its own."""

    name: str
    round: int
    status: str  # of a Step
    first: int
    last: int | None  # None while it runs
    started: str
    finished: str | None


class State(TypedDict):
    """The job changed (or this is the first message): parts of the page may be old."""

    type: Literal["state"]
    status: str
    outcome: str
    ended: bool
    execution: int | None  # number of the newest attempt; None before the first
    steps: list[StepMessage]


class End(TypedDict):
    """This attempt's log is complete."""

    type: Literal["end"]
    execution: int | None


class Beat(TypedDict):
    """The connection lives."""

    type: Literal["beat"]


class Mark(TypedDict):
    """Send it back: so the server knows that what came before it has arrived.

    Whoever does not gets no more than about 1 MiB, and then has to connect again.
    """

    type: Literal["mark"]
    mark: int


def encoded(message: Mapping[str, Any]) -> str:
    """The message as it is sent. Escaping all that is not ASCII would make it up to six times as long."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def in_messages(execution: int, chunks: Iterable[ChunkMessage]) -> Iterator[Chunks]:
    """Chunks in messages of a size that every server and browser takes."""
    waiting: list[ChunkMessage] = []
    size = 0
    for chunk in chunks:
        if waiting and size + len(chunk["text"]) > MOST:
            yield Chunks(type="chunks", execution=execution, chunks=waiting)
            waiting, size = [], 0
        waiting.append(chunk)
        size += len(chunk["text"])
    if waiting:
        yield Chunks(type="chunks", execution=execution, chunks=waiting)
