"""Which kinds of source exist. A third party adds one as an entry point of `soulcaster.sources`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points
from pathlib import PurePath

from clusters.sources.api import ApiSource
from clusters.sources.base import Source
from clusters.sources.csv_file import CsvSource
from clusters.sources.json_lines import JsonLinesSource
from clusters.sources.text import TextSource

logger = logging.getLogger(__name__)

GROUP = "soulcaster.sources"
BUILT_IN: dict[str, Callable[[], Source]] = {
    "api": ApiSource,
    "csv": CsvSource,
    "jsonl": JsonLinesSource,
    "text": TextSource,
}
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
    """Kind -> source, the installed ones included. A built-in kind cannot be replaced."""
    found: dict[str, Source] = {kind: make() for kind, make in BUILT_IN.items()}
    for entry in entry_points(group=GROUP):
        if entry.name in found:
            logger.warning("The source %s of %s is ignored: built in.", entry.name, entry.value)
            continue
        try:
            found[entry.name] = entry.load()()
        except Exception:
            # A broken plugin must not take the built-in sources away.
            logger.exception("The source %s of %s could not be loaded.", entry.name, entry.value)
    return found


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
