"""Aider's text as agent events.

Words of the model, of the program and of the tests come on one stream. The tests stand between
two lines of ours; what the program says has known beginnings; all else is the model's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from agents.runners import failures
from agents.runners.base import (
    AgentError,
    AgentEvent,
    FileEdit,
    Message,
    ToolCall,
    ToolResult,
    Usage,
)
from agents.runners.fences import shorten
from agents.runners.json_lines import MAX_TEXT, MAX_TOKENS, one_line

TESTS_BEGIN = "[tests begin]"
TESTS_END = "[tests ended]"
MAX_LINE = 100_000  # characters
MAX_WORDS = 200_000  # of one answer
MAX_SILENCES = 2  # before the model counts as gone

_TOKENS = re.compile(
    r"Tokens: ([\d.]+)(k?) sent"
    r"(?:, ([\d.]+)(k?) cache write)?(?:, ([\d.]+)(k?) cache hit)?, ([\d.]+)(k?) received\."
)
# It may stand behind the first words of an answer that broke off.
_ERROR = re.compile(r"litellm\.(?:exceptions\.)?(\w{1,40}(?:Error|Timeout)|Timeout): .*")
_EDIT = re.compile(r"Applied edit to (.{1,1000})")
_STATUS = {
    "AuthenticationError": 401,
    "PermissionDeniedError": 403,
    "NotFoundError": 404,
    "Timeout": 408,
    "RateLimitError": 429,
    "InternalServerError": 500,
    "BadGatewayError": 502,
    "ServiceUnavailableError": 503,
    "APIConnectionError": 503,
    "APIError": 500,
}
# Mistakes of its own that end a round, or part of one.
_COMPLAINTS = (
    *("The LLM did not conform to the edit format", "Only 3 reflections allowed"),
    *("Aider cannot be started safely", "Unable to read git repository"),
    *("Message file not found", "has hit a token limit"),
)
# What says nothing, or nothing that is not in an event already.
_SILENT = (
    *("Analytics have been", "Detected dumb terminal", "Warning: Input is not a terminal"),
    *("Aider v", "Main model:", "Model:", "Weak model:", "Git repo:", "Repo-map:", "Added "),
    *("Restored previous conversation", "Retrying in ", "The API provider", "https://aider.chat"),
    *("Update git ", "Open URL for more info?", "Loading ", "Can't initialize prompt toolkit"),
)


class AiderStream:
    """Collects an answer until its tokens are told; `model` is the name of the model."""

    def __init__(self, model: str) -> None:
        self.repository = ""
        self._model = model
        self._words: list[str] = []
        self._in_block = False
        self._in_tests = False
        self._last_line = ""
        self._silences = 0

    def parse(self, line: str) -> Iterator[AgentEvent]:
        """The events of one line."""
        line = line.rstrip()[:MAX_LINE]
        if self._in_tests:
            yield from self._test_line(line)
        elif line == TESTS_BEGIN:
            self._in_tests, self._last_line = True, ""
            yield ToolCall("tests", "the project's tests")
        elif found := _TOKENS.fullmatch(line.partition(" Cost:")[0]):
            yield from self._answered(found)
        elif found := _EDIT.fullmatch(line):
            yield FileEdit(found[1])
        elif found := _ERROR.search(line):
            yield from self._failed(found[1], found[0])
        elif line.startswith(_COMPLAINTS):
            yield AgentError(shorten(line, MAX_TEXT))
        elif not line.startswith(_SILENT):
            self._collect(line)

    def _test_line(self, line: str) -> Iterator[AgentEvent]:
        if line.startswith(TESTS_END):
            self._in_tests = False
            ok = line.removeprefix(TESTS_END).strip() == "0"
            yield ToolResult("tests", ok, self._last_line)
        elif line:
            self._last_line = one_line(line)

    def _answered(self, found: re.Match[str]) -> Iterator[AgentEvent]:
        said = "\n".join(self._words).strip()
        self._words.clear()
        self._silences = 0
        if said:
            yield Message(shorten(said, MAX_TEXT))
        sent, written, cached, received = (
            _number(found[group], found[group + 1]) for group in (1, 3, 5, 7)
        )
        yield Usage(
            sent,
            received,
            cached,
            cache_written_tokens=written,
            model=self._model,
            estimated=True,
        )

    def _failed(self, kind: str, line: str) -> Iterator[AgentEvent]:
        self._words.clear()
        self._in_block = False
        self._silences += kind == "Timeout" or line.endswith("timed out")
        # It would ask for minutes what does not answer.
        gone = self._silences >= MAX_SILENCES
        yield replace(failures.error(_STATUS.get(kind, 0), line), fatal=gone)

    def _collect(self, line: str) -> None:
        """Keep the words of an answer; the blocks of its edits are in the diff."""
        if line.startswith("<<<<<<< SEARCH"):
            self._in_block = True
        elif line.startswith(">>>>>>> REPLACE"):
            self._in_block = False
        elif not self._in_block and not line.startswith("```"):
            room = MAX_WORDS - sum(len(each) for each in self._words[-1000:])
            if room > 0 and len(self._words) < MAX_TEXT:
                self._words.append(line)


def _number(digits: str | None, thousands: str | None) -> int:
    """A number as it writes them: 950, 1.9k or 25k."""
    if not digits:
        return 0
    try:
        value = float(digits) * (1000 if thousands else 1)
    except ValueError:
        return 0
    return int(value) if value < MAX_TOKENS else 0
