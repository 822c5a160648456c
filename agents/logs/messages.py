"""What the log's websocket sends, as JSON."""

from __future__ import annotations

from typing import Literal, TypedDict

from agents.logs.reading import ChunkMessage


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
