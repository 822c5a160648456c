"""Which kinds of source exist. A third party adds one as an entry point.

`soulcaster.sources`: reads files. `soulcaster.push_sources`: is told by requests.
`soulcaster.pull_sources`: is asked. A built-in kind cannot be replaced.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points
from pathlib import PurePath
from typing import TypeVar

from clusters.sources.api import ApiSource
from clusters.sources.base import PullSource, PushSource, Source
from clusters.sources.csv_file import CsvSource
from clusters.sources.json_lines import JsonLinesSource
from clusters.sources.sentry import SentrySource
from clusters.sources.sentry_sdk import SdkSource
from clusters.sources.slack import SlackSource
from clusters.sources.text import TextSource
from clusters.sources.webhook import WebhookSource

logger = logging.getLogger(__name__)

GROUP = "soulcaster.sources"
BUILT_IN: dict[str, Callable[[], Source]] = {
    "api": ApiSource,
    "csv": CsvSource,
    "jsonl": JsonLinesSource,
    "text": TextSource,
}
PUSH_GROUP = "soulcaster.push_sources"
PUSHES: dict[str, Callable[[], PushSource]] = {
    "sdk": SdkSource,
    "sentry": SentrySource,
    "slack": SlackSource,
    "webhook": WebhookSource,
}
PULL_GROUP = "soulcaster.pull_sources"
PULLS: dict[str, Callable[[], PullSource]] = {}
_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "jsonl",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".txt": "text",
    ".md": "text",
}


class UnknownSourceError(LookupError):
    """No source of that kind; the text is a sentence for the user."""


@cache
def all_sources() -> dict[str, Source]:
    """Kind -> what reads its files."""
    return _with_installed(BUILT_IN, GROUP)


@cache
def pushes() -> dict[str, PushSource]:
    """Kind -> what reads the requests that it sends."""
    return _with_installed(PUSHES, PUSH_GROUP)


@cache
def pulls() -> dict[str, PullSource]:
    """Kind -> what asks it."""
    return _with_installed(PULLS, PULL_GROUP)


def source_of(kind: str) -> Source:
    """The source of a kind; raises UnknownSourceError."""
    try:
        return all_sources()[kind]
    except KeyError:
        known = ", ".join(sorted(all_sources()))
        raise UnknownSourceError(
            f"There is no source of kind {kind!r}. Known are: {known}."
        ) from None


def parser_for(name: str) -> Source | None:
    """The source that reads a file of this name, by its suffix; None if no source does."""
    kind = _SUFFIXES.get(PurePath(name).suffix.lower())
    return source_of(kind) if kind else None


_Kind = TypeVar("_Kind")


def _with_installed(built_in: dict[str, Callable[[], _Kind]], group: str) -> dict[str, _Kind]:
    found = {kind: make() for kind, make in built_in.items()}
    for entry in entry_points(group=group):
        if entry.name in found:
            logger.warning("The source %s of %s is ignored: built in.", entry.name, entry.value)
            continue
        try:
            found[entry.name] = entry.load()()
        except Exception:
            # A broken plugin must not take the built-in sources away.
            logger.exception("The source %s of %s could not be loaded.", entry.name, entry.value)
    return found
