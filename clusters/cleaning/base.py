"""What cleaning and screening hand over."""

from __future__ import annotations

from dataclasses import dataclass

EXCERPT = 160  # characters of what a flag is about
KEPT = 500  # characters of what was removed


@dataclass(frozen=True, slots=True)
class Removal:
    """Something that was taken out: its name in the plural, how often, and the start of it.

    `text` is empty where there is nothing to read, as with invisible characters.
    """

    what: str
    count: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Flag:
    """A place that looks like an attack: its class, a sentence for people, the place itself."""

    kind: str
    reason: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A report in two readings. `language` is an ISO 639-1 code, empty where it is not clear."""

    comparing: str
    people: str
    removals: tuple[Removal, ...] = ()
    flags: tuple[Flag, ...] = ()
    language: str = ""


def excerpt(text: str, limit: int = EXCERPT) -> str:
    """The start of a text on one line."""
    line = " ".join(text[: limit * 4].split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
