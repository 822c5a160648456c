"""Claude Code's stream of JSON lines as agent events. Every field is a stranger's and checked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

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

KEY_REFUSED = "The model provider refused the key."
MAX_LINE = 8 << 20  # characters
MAX_TEXT = 20_000
MAX_SUMMARY = 200
MAX_TOOLS = 10_000
MAX_TOKENS = 10**12
MAX_COST = 10**6  # USD

_SUMMARIES = ("command", "file_path", "path", "pattern", "query", "url", "description", "prompt")
_REFUSALS = (401, 403)


class Stream:
    """Understands line by line; remembers only which call was of which tool, and the last words."""

    def __init__(self) -> None:
        self.repository = ""
        self._tools: dict[str, str] = {}
        self._last_words = ""

    def parse(self, line: str) -> Iterator[AgentEvent]:
        """The events of one line. What is not a JSON object is a word of the program itself."""
        text = line.strip()
        if not text or len(text) > MAX_LINE:
            return
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):
            yield AgentError(shorten(text, MAX_TEXT))
            return
        if isinstance(record, dict):
            understand = self._kinds().get(_text(record, "type"))
            if understand:
                yield from understand(record)

    def _kinds(self) -> dict[str, Callable[[dict[str, Any]], Iterator[AgentEvent]]]:
        return {
            "system": self._system,
            "assistant": self._assistant,
            "user": self._user,
            "result": self._result,
        }

    def _system(self, record: dict[str, Any]) -> Iterator[AgentEvent]:
        if record.get("subtype") == "init":
            self.repository = self.repository or _text(record, "cwd")
            yield SessionStarted(_text(record, "session_id"), _text(record, "model"))
        elif record.get("subtype") == "api_retry":
            status = record.get("error_status")
            if status in _REFUSALS:
                yield AgentError(KEY_REFUSED, fatal=True)
            else:
                error = _text(record, "error") or "no answer"
                yield AgentError(f"The model provider did not answer ({error}); trying again.")

    def _assistant(self, record: dict[str, Any]) -> Iterator[AgentEvent]:
        for block in _blocks(record):
            if block.get("type") == "text" and _text(block, "text").strip():
                self._last_words = shorten(_text(block, "text"), MAX_TEXT)
                yield Message(self._last_words)
            elif block.get("type") == "tool_use":
                name, call = _text(block, "name"), _text(block, "id")
                if len(self._tools) < MAX_TOOLS:
                    self._tools[call] = name
                yield ToolCall(name, self._summary(block.get("input")), call)

    def _user(self, record: dict[str, Any]) -> Iterator[AgentEvent]:
        for block in _blocks(record):
            if block.get("type") != "tool_result":
                continue
            call = _text(block, "tool_use_id")
            ok = block.get("is_error") is not True
            if ok and (path := _edited(record.get("tool_use_result"))):
                yield FileEdit(self._relative(path))
            yield ToolResult(self._tools.get(call, "tool"), ok, _first_line(block), call)

    def _result(self, record: dict[str, Any]) -> Iterator[AgentEvent]:
        usage = record.get("usage")
        if isinstance(usage, dict):
            yield Usage(
                _count(usage, "input_tokens"),
                _count(usage, "output_tokens"),
                _count(usage, "cache_read_input_tokens"),
                _cost(record),
            )
        if record.get("api_error_status") in _REFUSALS:
            yield AgentError(KEY_REFUSED, fatal=True)
        # A refused key has the subtype "success": only is_error tells.
        ok = record.get("is_error") is False
        words = _text(record, "result") or ("" if ok else _text(record, "subtype"))
        said = shorten(words, MAX_TEXT)
        yield Finished(ok, "" if said == self._last_words else said)

    def _summary(self, arguments: Any) -> str:
        if not isinstance(arguments, dict):
            return ""
        for name in _SUMMARIES:
            if text := _text(arguments, name).strip():
                return " ".join(self._relative(text).split())[:MAX_SUMMARY]
        return ""

    def _relative(self, path: str) -> str:
        return path.removeprefix(f"{self.repository}/") if self.repository else path


def _text(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""


def _count(record: dict[str, Any], name: str) -> int:
    value = record.get(name)
    return value if isinstance(value, int) and 0 < value < MAX_TOKENS else 0


def _blocks(record: dict[str, Any]) -> list[dict[str, Any]]:
    message = record.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    return [block for block in content or [] if isinstance(block, dict)]


def _first_line(block: dict[str, Any]) -> str:
    content = block.get("content")
    if isinstance(content, list):
        content = "\n".join(_text(part, "text") for part in content if isinstance(part, dict))
    lines = content.strip().splitlines() if isinstance(content, str) else []
    return lines[0][:MAX_SUMMARY] if lines else ""


def _edited(outcome: Any) -> str:
    """The file that a tool wrote. Reading a file has no patch."""
    if isinstance(outcome, dict) and "structuredPatch" in outcome:
        return _text(outcome, "filePath")
    return ""


def _cost(record: dict[str, Any]) -> float | None:
    """The cost in USD. For models that it does not know the program invents one."""
    models = record.get("modelUsage")
    cost: Any = record.get("total_cost_usd")
    if not isinstance(models, dict) or not models:
        return None
    if not all(str(name).startswith("claude-") for name in models):
        return None
    plausible = isinstance(cost, int | float) and 0 <= cost < MAX_COST
    return float(cost) if plausible else None
