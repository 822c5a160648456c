"""Recorded words of a model, to be said again over real files, commits and tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

MAX_BYTES = 4 << 20


class TranscriptError(Exception):
    """The file is not a transcript; the text says why."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecordedCall(_Part):
    """One use of a tool of the built-in agent."""

    tool: str
    args: dict[str, Any] = Field(default_factory=dict)


class Turn(_Part):
    """One answer of the model. The last turn of a round has no calls."""

    say: str
    calls: list[RecordedCall] = Field(default_factory=list)


class Transcript(_Part):
    """Turns of every round, and those of an agent that only plans."""

    title: str
    rounds: list[list[Turn]]
    plan: list[Turn] = Field(default_factory=list)

    def turns(self, round_number: int, *, plan_only: bool = False) -> list[Turn]:
        """What is said in a round, counted from 1."""
        if plan_only:
            return self.plan
        return self.rounds[round_number - 1] if round_number <= len(self.rounds) else []


def load_transcript(path: Path) -> Transcript:
    """The transcript in a JSON file; raises TranscriptError."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TranscriptError(f"{path.name} is larger than {MAX_BYTES} bytes")
        return Transcript.model_validate_json(path.read_bytes())
    except OSError as error:
        raise TranscriptError(f"{path.name} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise TranscriptError(f"{path.name} is not a transcript: {error}") from error
