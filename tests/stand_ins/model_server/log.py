"""What was asked and what was handed out."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tests.stand_ins.model_server.position import Position
from tests.stand_ins.model_server.question import Question
from tests.stand_ins.model_server.tokens import Tokens

Kind = Literal["step", "side", "refused", "broken"]


@dataclass(frozen=True)
class Entry:
    """One request for an answer.

    A `side` request is one without tools, `refused` got an error, `broken` no whole answer.
    `script` is the name of the script, `round` and `position` say which step, counted from 0.
    """

    question: Question
    script: str
    round: int
    position: int
    kind: Kind = "broken"
    fail: str = ""
    tokens: Tokens = field(default_factory=Tokens)


class Log:
    """Entries in the order of the requests; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._failures: dict[tuple[object, ...], int] = {}

    def entries(self, script: str | None = None, key: str | None = None) -> list[Entry]:
        """All, or those of one script or of those with one key."""
        with self._lock:
            return [
                entry
                for entry in self._entries
                if script in (None, entry.script) and key in (None, entry.question.key)
            ]

    def begin(self, question: Question, at: Position, fail: str) -> int:
        """Note a request; the number that `end` wants."""
        with self._lock:
            entry = Entry(question, at.name, at.round, at.position, fail=fail)
            self._entries.append(entry)
            return len(self._entries) - 1

    def end(self, number: int, kind: Kind, tokens: Tokens | None = None) -> None:
        """Note how it ended."""
        with self._lock:
            entry = self._entries[number]
            self._entries[number] = replace(entry, kind=kind, tokens=tokens or Tokens())

    def fails_again(self, question: Question, at: Position, times: int) -> bool:
        """Whether one more failure is due for this step of this conversation, and note it."""
        begun = next((turn.text for turn in question.conversation if turn.who == "user"), "")
        step = (at.name, question.key, begun, at.round, at.position)
        with self._lock:
            had = self._failures.get(step, 0)
            self._failures[step] = had + 1
        return not times or had < times


def as_json(entry: Entry) -> dict[str, Any]:
    """An entry for readers in other processes, without the conversation and the key."""
    asked, tokens = entry.question, entry.tokens
    return {
        "path": asked.path,
        "model": asked.model,
        "stream": asked.stream,
        "script": entry.script,
        "round": entry.round,
        "position": entry.position,
        "kind": entry.kind,
        "fail": entry.fail,
        "tokens": {
            "input": tokens.input,
            "output": tokens.output,
            "cached": tokens.cached,
            "written": tokens.written,
        },
    }
