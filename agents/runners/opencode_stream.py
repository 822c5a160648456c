"""The stream of JSON lines of OpenCode and its descendants as agent events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from agents.runners import failures
from agents.runners.base import (
    AgentError,
    AgentEvent,
    FileEdit,
    Finished,
    Message,
    SessionStarted,
    ToolCall,
    ToolResult,
)
from agents.runners.fences import shorten
from agents.runners.json_lines import MAX_TEXT, JsonLines, Record, count, first_line, inner, text
from agents.runners.tokens import Tokens

MAX_PATCHED = 1_000  # files of one patch
TRIES = 3
# Some tries end because the program has waited long enough: that takes a while each time.
SILENT_TRIES = 2
SILENT_SECONDS = 30
_PATCHED = re.compile(r"^\*\*\* (?:Add|Update|Delete) File: (.+)$|^\*\*\* Move to: (.+)$", re.M)
# Its own log: the only place where it tells of tries that failed.
_LOGGED = re.compile(r"^timestamp=(\S{1,40}) level=[A-Z]+ ")
_TRY = re.compile(r" message=stream .*small=false")
_FAILED_TRY = re.compile(r' message="stream error" .*error\.error="((?:[^"\\]|\\.)*)"')
# A "step_start" is none: it comes with the first byte, and the rest may never come.
_ANSWERS = ("text", "tool_use", "step_finish")
_GOES_ON = ("tool-calls", "unknown")
_ENDS = {
    "length": "The model's answer was cut off at its limit of length.",
    "content-filter": "The model provider's filter stopped the answer.",
}
# It makes the conversation shorter by itself, and goes on.
_RECOVERS = "ContextOverflowError"


class OpenCodeStream(JsonLines):
    """`model` is the name of the model, which the stream does not say."""

    def __init__(self, model: str) -> None:
        super().__init__()
        self._model = model
        self._session = ""
        self._tries = 0
        self._last_try = 0.0
        self._cause: failures.Cause | None = None

    def understand(self, record: Record) -> Iterator[AgentEvent]:
        """See JsonLines."""
        session = text(record, "sessionID")
        if session and session != self._session:
            self._session = session
            yield SessionStarted(session, self._model)
        part = inner(record, "part")
        kind = text(record, "type")
        if kind in _ANSWERS:
            self._tries, self._cause = 0, None
        match kind:
            case "text":
                if words := text(part, "text").strip():
                    yield Message(shorten(words, MAX_TEXT))
            case "tool_use":
                yield from self._tool(part)
            case "step_finish":
                yield from self._step(part)
            case "error":
                yield from self._error(record)

    def said(self, words: str) -> Iterator[AgentEvent]:
        """See JsonLines. Of its log, only what went wrong with the model is told."""
        logged = _LOGGED.match(words)
        if not logged:
            yield from super().said(words)
        elif failed := _FAILED_TRY.search(words[:MAX_TEXT]):
            self._cause = failures.by_words(failed[1]) or failures.BROKEN
            yield failures.because(self._cause, failed[1], retried=True)
        elif _TRY.search(words[:MAX_TEXT]):
            yield from self._another_try(_seconds(logged[1]))

    def _another_try(self, now: float) -> Iterator[AgentError]:
        """The tries before it got no answer; not all of them say why."""
        waited = now - self._last_try > SILENT_SECONDS
        failed = self._tries
        cause = self._cause or (failures.SILENT if waited else failures.CUT)
        self._tries, self._last_try = failed + 1, now
        if failed >= (SILENT_TRIES if cause is failures.SILENT else TRIES):
            yield failures.because(cause)
        elif failed and self._cause is None:
            yield failures.because(cause, retried=True)

    def _tool(self, part: Record) -> Iterator[AgentEvent]:
        """A use of a tool is told when it has ended."""
        name, call = text(part, "tool"), text(part, "callID")
        state = inner(part, "state")
        asked = inner(state, "input")
        yield ToolCall(name, self.summary(asked), call)
        ok = state.get("status") == "completed" and not inner(state, "metadata").get("exit")
        if ok:
            yield from self._edits(name, asked)
        yield ToolResult(name, ok, first_line(text(state, "output") or text(state, "error")), call)

    def _edits(self, name: str, asked: Record) -> Iterator[FileEdit]:
        paths = [text(asked, "filePath")] if name in ("edit", "write", "multiedit") else []
        if name in ("apply_patch", "patch"):
            found = _PATCHED.findall(text(asked, "patchText")[: 1 << 20])[:MAX_PATCHED]
            paths = [one or other for one, other in found]
        for path in dict.fromkeys(paths):
            if path and (inside := self.inside(path.strip())):
                yield FileEdit(inside)

    def _step(self, part: Record) -> Iterator[AgentEvent]:
        tokens = inner(part, "tokens")
        cached, written = (
            count(inner(tokens, "cache"), "read"),
            count(inner(tokens, "cache"), "write"),
        )
        output = count(tokens, "output") + count(tokens, "reasoning")
        spent = Tokens(count(tokens, "input") + cached + written, output, cached, written)
        if spent != Tokens():
            yield spent.usage(self._model)
        reason = text(part, "reason")
        if reason == "stop":
            yield Finished(ok=True, text="")
        elif reason and reason not in _GOES_ON:
            yield Finished(False, _ENDS.get(reason, f"The model stopped early ({reason[:50]})."))

    def _error(self, record: Record) -> Iterator[AgentEvent]:
        error = inner(record, "error")
        data = inner(error, "data")
        said = text(data, "message") or text(error, "name") or text(record, "error")
        if text(error, "name") == _RECOVERS:
            yield AgentError(shorten(said, MAX_TEXT))
        else:
            yield failures.error(data.get("statusCode"), said)


def _seconds(moment: str) -> float:
    """A moment of its log in seconds; 0 for what is none."""
    try:
        return datetime.fromisoformat(moment).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0
