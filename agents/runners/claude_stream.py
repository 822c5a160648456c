"""Claude Code's stream of JSON lines as agent events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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
    Usage,
)
from agents.runners.fences import shorten
from agents.runners.json_lines import (
    MAX_TEXT,
    JsonLines,
    Record,
    count,
    first_line,
    inner,
    text,
)
from agents.runners.tokens import Tokens, Told

MAX_TOOLS = 10_000
SILENT_TRIES = 2
# What the program puts into its own messages when the model's server failed.
_SYNTHETIC = "<synthetic>"


class ClaudeStream(JsonLines):
    """Remembers which call was of which tool, the last words, and which tokens were told."""

    def __init__(self) -> None:
        super().__init__()
        self._tools: dict[str, str] = {}
        self._last_words = ""
        self._told = Told()

    def understand(self, record: Record) -> Iterator[AgentEvent]:
        """See JsonLines."""
        match text(record, "type"):
            case "system":
                yield from self._system(record)
            case "assistant":
                yield from self._assistant(record)
            case "user":
                yield from self._user(record)
            case "result":
                yield from self._result(record)

    def _system(self, record: Record) -> Iterator[AgentEvent]:
        if record.get("subtype") == "init":
            self.repository = self.repository or text(record, "cwd")
            yield SessionStarted(text(record, "session_id"), text(record, "model"))
        elif record.get("subtype") == "api_retry":
            yield self._retry(record)

    def _retry(self, record: Record) -> AgentError:
        status, said = record.get("error_status"), text(record, "error")
        if status is None and said in ("", "unknown"):
            # No word came in time. Each try takes as long again.
            last = count(record, "attempt") >= SILENT_TRIES
            return failures.because(failures.SILENT, retried=not last)
        return failures.error(status, said, retried=True)

    def _assistant(self, record: Record) -> Iterator[AgentEvent]:
        message = inner(record, "message")
        model = text(message, "model")
        if model == _SYNTHETIC:
            # The same words come again in the result.
            return
        spent = _tokens(inner(message, "usage"))
        # The output of an answer that has only begun is no number to rely on.
        yield from self._told.more(text(message, "id"), model, spent.without_output())
        for block in _blocks(record):
            if block.get("type") == "text" and text(block, "text").strip():
                self._last_words = shorten(text(block, "text"), MAX_TEXT)
                yield Message(self._last_words)
            elif block.get("type") == "tool_use":
                name, call = text(block, "name"), text(block, "id")
                if len(self._tools) < MAX_TOOLS:
                    self._tools[call] = name
                yield ToolCall(name, self.summary(block.get("input")), call)

    def _user(self, record: Record) -> Iterator[AgentEvent]:
        for block in _blocks(record):
            if block.get("type") != "tool_result":
                continue
            call = text(block, "tool_use_id")
            ok = block.get("is_error") is not True
            if ok and (path := self.inside(_edited(record.get("tool_use_result")))):
                yield FileEdit(path)
            yield ToolResult(self._tools.get(call, "tool"), ok, _answer(block), call)

    def _result(self, record: Record) -> Iterator[AgentEvent]:
        yield from self._usage(record)
        # A refused key has the subtype "success": only is_error tells.
        ok = record.get("is_error") is False
        words = text(record, "result") or ("" if ok else text(record, "subtype"))
        said = shorten(words, MAX_TEXT)
        if not ok and _is_of_the_model(record, said):
            yield failures.error(record.get("api_error_status"), said)
        yield Finished(ok, "" if said == self._last_words else said)

    def _usage(self, record: Record) -> Iterator[Usage]:
        """What is missing to its own sum, which counts its side questions too.

        Its cost is left aside: for models that it does not know it invents one.
        """
        models = inner(record, "modelUsage")
        if not models:
            yield from self._told.up_to("", _tokens(inner(record, "usage")))
        for name in models:
            yield from self._told.up_to(name, _model_tokens(inner(models, name)))


def _is_of_the_model(record: Record, said: str) -> bool:
    return record.get("api_error_status") is not None or failures.by_words(said) is not None


def _tokens(usage: Record) -> Tokens:
    cached, written = (
        count(usage, "cache_read_input_tokens"),
        count(usage, "cache_creation_input_tokens"),
    )
    fresh, output = count(usage, "input_tokens"), count(usage, "output_tokens")
    return Tokens(fresh + cached + written, output, cached, written)


def _model_tokens(usage: Record) -> Tokens:
    cached, written = count(usage, "cacheReadInputTokens"), count(usage, "cacheCreationInputTokens")
    fresh, output = count(usage, "inputTokens"), count(usage, "outputTokens")
    return Tokens(fresh + cached + written, output, cached, written)


def _blocks(record: Record) -> list[Record]:
    content = inner(record, "message").get("content")
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    if not isinstance(content, list):
        return []
    return [block for block in content if isinstance(block, dict)]


def _answer(block: Record) -> str:
    content = block.get("content")
    if isinstance(content, list):
        content = "\n".join(text(part, "text") for part in content)
    return first_line(content) if isinstance(content, str) else ""


def _edited(outcome: Any) -> str:
    """The file that a tool wrote. Reading a file has no patch."""
    if isinstance(outcome, dict) and "structuredPatch" in outcome:
        return text(outcome, "filePath")
    return ""
