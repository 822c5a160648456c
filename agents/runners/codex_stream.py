"""Codex's stream of JSON lines as agent events."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace

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
from agents.runners.json_lines import (
    MAX_TEXT,
    JsonLines,
    Record,
    count,
    first_line,
    inner,
    one_line,
    text,
)
from agents.runners.tokens import Tokens

MAX_CHANGES = 500
_STATUS = re.compile(r"\bstatus:? (\d{3})\b")
_RETRIES = "Reconnecting..."
# Its own words for failures whose status it keeps to itself.
_OWN_WORDS = (
    ("experiencing high demand", 500),
    ("Connection failed", 503),
    ("does not exist", 404),
)
# What it says in every run with the options that we give it.
_EXPECTED = (
    "WARNING: proceeding, even though we could not",
    "warning: Untrusted project-local configuration",
    "Reading prompt from stdin",
    "Model metadata for ",
    "`--dangerously-bypass-hook-trust` is enabled",
)


class CodexStream(JsonLines):
    """`told` are the tokens of the conversation that were told before; `model` its name."""

    def __init__(self, model: str) -> None:
        super().__init__()
        self.told = Tokens()
        self._model = model
        self._words = ""
        self._error = ""

    def understand(self, record: Record) -> Iterator[AgentEvent]:
        """See JsonLines."""
        match text(record, "type"):
            case "thread.started":
                yield SessionStarted(text(record, "thread_id"), self._model)
            case "item.started":
                yield from self._begun(inner(record, "item"))
            case "item.completed":
                yield from self._done(inner(record, "item"))
            case "error":
                yield from self._trouble(text(record, "message"))
            case "turn.failed":
                yield from self._failed(text(inner(record, "error"), "message"))
            case "turn.completed":
                yield from self._completed(inner(record, "usage"))

    def said(self, words: str) -> Iterator[AgentEvent]:
        """See JsonLines."""
        if not words.startswith(_EXPECTED):
            yield AgentError(shorten(words, MAX_TEXT))

    def _begun(self, item: Record) -> Iterator[AgentEvent]:
        name, call = _tool(item), text(item, "id")
        if name:
            yield ToolCall(name, self._about(item), call)

    def _done(self, item: Record) -> Iterator[AgentEvent]:
        name, call = _tool(item), text(item, "id")
        ok = text(item, "status") == "completed"
        match text(item, "type"):
            case "agent_message" if text(item, "text").strip():
                self._words = shorten(text(item, "text"), MAX_TEXT)
                yield Message(self._words)
            case "error":
                yield from self.said(text(item, "message"))
            case "command_execution":
                good = ok and item.get("exit_code") == 0
                said = first_line(text(item, "aggregated_output"))
                yield ToolResult(name, good, said, call)
            case "file_change":
                if ok:
                    yield from (FileEdit(path) for path in self._changes(item) if path)
                yield ToolResult(name, ok, "", call)
            case "mcp_tool_call":
                said = one_line(text(inner(item, "error"), "message"))
                yield ToolResult(name, ok, said, call)

    def _about(self, item: Record) -> str:
        match text(item, "type"):
            case "command_execution":
                return one_line(_command(text(item, "command")))
            case "file_change":
                return one_line(", ".join(path for path in self._changes(item) if path))
            case _:
                return self.summary(item.get("arguments")) or one_line(text(item, "query"))

    def _changes(self, item: Record) -> list[str]:
        """Paths in the repository; '' for others."""
        changes = item.get("changes")
        listed = changes[:MAX_CHANGES] if isinstance(changes, list) else []
        return [self.inside(path) for each in listed if (path := text(each, "path"))]

    def _trouble(self, said: str) -> Iterator[AgentEvent]:
        """It tries again, or is about to fail."""
        tries = said.startswith(_RETRIES)
        error = _understood(said, retried=tries)
        self._error = "" if tries else said
        # The end of the turn comes by itself.
        yield error if tries else replace(error, fatal=False)

    def _failed(self, said: str) -> Iterator[AgentEvent]:
        error = _understood(said, retried=False)
        if said != self._error:
            yield replace(error, fatal=False)
        yield Finished(False, error.text)

    def _completed(self, usage: Record) -> Iterator[AgentEvent]:
        total = Tokens(
            count(usage, "input_tokens"),
            count(usage, "output_tokens"),
            count(usage, "cached_input_tokens"),
            count(usage, "cache_write_input_tokens"),
        )
        spent, self.told = total.beyond(self.told), total
        if spent != Tokens():
            yield spent.usage(self._model)
        yield Finished(True, "")


def _tool(item: Record) -> str:
    """The tool's name; '' for an item that is no use of a tool."""
    match text(item, "type"):
        case "command_execution":
            return "shell"
        case "file_change":
            return "apply_patch"
        case "mcp_tool_call":
            return one_line(f"{text(item, 'server')}.{text(item, 'tool')}")
        case "web_search":
            return "web_search"
        case _:
            return ""


def _command(words: str) -> str:
    """What the shell was given, without the shell."""
    if len(words) > MAX_TEXT:
        return words
    try:
        parts = shlex.split(words)
    except ValueError:
        return words
    return parts[2] if len(parts) == 3 and parts[1] in {"-c", "-lc"} else words


def _understood(said: str, *, retried: bool) -> AgentError:
    found = _STATUS.search(said[:MAX_TEXT])
    status = int(found[1]) if found else next((code for own, code in _OWN_WORDS if own in said), 0)
    return failures.error(status, said, retried=retried)
