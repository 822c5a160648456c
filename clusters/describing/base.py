"""What a description is made of.

Plain Python: no Django here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TITLE_LIMIT = 90  # characters


@dataclass(frozen=True, slots=True)
class Report:
    """One report as it came in."""

    id: int
    title: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a report, word for word."""

    text: str
    item: int


@dataclass(frozen=True, slots=True)
class Description:
    """A cluster in a few words. The summary of an extract is its quotes."""

    title: str
    summary: str
    quotes: Sequence[Quote] = ()


def shortened(text: str, limit: int = TITLE_LIMIT) -> str:
    """The text within the limit, cut between words."""
    if len(text) <= limit:
        return text
    start = text[: limit - 1]
    cut = start.rsplit(" ", 1)[0] if " " in start[limit // 2 :] else start
    return cut.rstrip(" .,;:-\u2013") + "…"
