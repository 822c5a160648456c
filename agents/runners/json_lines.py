"""Streams of JSON lines, read with suspicion: every field is a stranger's, and checked."""

from __future__ import annotations

import json
import posixpath
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

from agents.runners.base import AgentError, AgentEvent
from agents.runners.fences import shorten

MAX_LINE = 8 << 20  # characters
MAX_TEXT = 20_000
MAX_SUMMARY = 200
MAX_TOKENS = 10**12

# Arguments that say best what a tool is used for, whatever its name.
_SUMMARIES = (
    *("command", "cmd", "file_path", "filePath", "path", "pattern", "query", "url"),
    *("description", "prompt", "name"),
)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")

Record = dict[str, Any]


class JsonLines(ABC):
    """One JSON object per line. Subclasses say what a record means.

    `repository` is the absolute path of the repository in the sandbox.
    """

    def __init__(self) -> None:
        self.repository = ""

    def parse(self, line: str) -> Iterator[AgentEvent]:
        """The events of one line."""
        words = line.strip()
        if not words or len(words) > MAX_LINE:
            return
        try:
            record = json.loads(words)
        except (ValueError, RecursionError):
            yield from self.said(words)
            return
        if isinstance(record, dict):
            yield from self.understand(record)

    @abstractmethod
    def understand(self, record: Record) -> Iterator[AgentEvent]:
        """The events of one record; nothing for a record that means nothing."""

    def said(self, words: str) -> Iterator[AgentEvent]:
        """A line that is no JSON: a word of the program itself, a complaint as a rule."""
        if plain := _COLOURS.sub("", words[: 2 * MAX_TEXT]).strip():
            yield AgentError(shorten(plain, MAX_TEXT))

    def inside(self, path: str) -> str:
        """The path relative to the repository; '' for one that lies outside of it."""
        if not self.repository:
            return path
        whole = posixpath.normpath(posixpath.join(self.repository, path))
        root = f"{self.repository.rstrip('/')}/"
        return whole.removeprefix(root) if whole.startswith(root) else ""

    def summary(self, arguments: object) -> str:
        """One line for people about what a tool is used for."""
        for name in _SUMMARIES:
            if words := one_line(text(arguments, name)):
                return self.inside(words) or words if "/" in words[:1] else words
        return ""


def text(record: object, name: str) -> str:
    """A field that should be text; '' for anything else."""
    value = record.get(name) if isinstance(record, Mapping) else None
    return value if isinstance(value, str) else ""


def count(record: object, name: str) -> int:
    """A field that should be a number of things; 0 for anything else."""
    value = record.get(name) if isinstance(record, Mapping) else None
    return value if isinstance(value, int) and 0 < value < MAX_TOKENS else 0


def inner(record: object, *names: str) -> Record:
    """The object under these names, one inside the other; empty when there is none."""
    for name in names:
        record = record.get(name) if isinstance(record, Mapping) else None
    return record if isinstance(record, dict) else {}


def one_line(words: str) -> str:
    """The text on one line, shortened."""
    return " ".join(words[: 4 * MAX_SUMMARY].split())[:MAX_SUMMARY]


def first_line(words: str) -> str:
    """The first line that says something, shortened."""
    lines = words.strip()[:MAX_TEXT].splitlines()
    return lines[0].strip()[:MAX_SUMMARY] if lines else ""
