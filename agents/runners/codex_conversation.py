"""Conversations of Codex, and the tokens that were told of them.

Codex tells those of the whole conversation, every round. What was told before stands in the
session id that the verdict hands back and the next round brings along: on the worker's side, so
that a crash of a worker loses nothing, and out of reach of what runs in the sandbox.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from agents.runners.base import AgentEvent, Usage
from agents.runners.tokens import Tokens

_SESSION = re.compile(
    r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?::(\d{1,13}):(\d{1,13}):(\d{1,13}):(\d{1,13}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Conversation:
    """One that can be resumed, and the tokens that were told of it."""

    thread: str
    told: Tokens = field(default_factory=Tokens)

    @classmethod
    def read(cls, session_id: str) -> Conversation | None:
        """From a session id; None for anything that is not one of ours."""
        found = _SESSION.fullmatch(session_id)
        if found is None:
            return None
        thread, *counts = found.groups("0")
        return cls(thread, Tokens(*(int(each) for each in counts)))

    def after(self, events: Sequence[AgentEvent]) -> Conversation:
        """The same with what was told in a round."""
        told = self.told
        for spent in (event for event in events if isinstance(event, Usage)):
            more = Tokens(
                spent.input_tokens,
                spent.output_tokens,
                spent.cached_tokens,
                spent.cache_written_tokens,
            )
            told = told.plus(more)
        return replace(self, told=told)

    def __str__(self) -> str:
        told = self.told
        return f"{self.thread}:{told.input}:{told.output}:{told.cached}:{told.written}"
