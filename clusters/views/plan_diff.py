"""Two versions of a plan side by side: which lines changed, and which words in them.

Plain functions; the contents were validated when they were stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from clusters.views.sections import SECTIONS, Section, lines_of

_WORD = re.compile(r"\w+|\s+|[^\w\s]")
# Comparing takes the third power of these where everything repeats, and a page waits for it.
_MOST_LINES = 200  # of a section whose lines are looked for in other places
_MOST_WORDS = 500  # of a line that is compared word by word


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line; `changed` is what the other version does not have."""

    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A line before and after; None where there is none."""

    old: Sequence[Piece] | None
    new: Sequence[Piece] | None

    @property
    def same(self) -> bool:
        """Nothing changed."""
        return self.old == self.new


@dataclass(frozen=True, slots=True)
class SectionDiff:
    """One section that differs."""

    section: Section
    rows: Sequence[Row]


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Section]:
    """The sections in which two contents differ."""
    return [one for one in SECTIONS if lines_of(one, before) != lines_of(one, after)]


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[SectionDiff]:
    """The sections in which two contents differ, in the order of the page."""
    return [
        SectionDiff(one, list(_rows(lines_of(one, before), lines_of(one, after))))
        for one in changed(before, after)
    ]


def _rows(old: Sequence[str], new: Sequence[str]) -> Iterator[Row]:
    for kind, first, last, start, end in _changes(old, new):
        if kind == "equal":
            for line in old[first:last]:
                yield Row([Piece(line)], [Piece(line)])
            continue
        for one, other in zip_longest(old[first:last], new[start:end]):
            yield _row(one, other)


def _changes(old: Sequence[str], new: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    """What became of which lines; of very many, each is compared with the one at its place."""
    if max(len(old), len(new)) > _MOST_LINES:
        return [("replace", 0, len(old), 0, len(new))]
    return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()


def _row(old: str | None, new: str | None) -> Row:
    if old is None or new is None:
        gone, come = (None if text is None else [Piece(text, True)] for text in (old, new))
        return Row(gone, come)
    one, other = _WORD.findall(old), _WORD.findall(new)
    if max(len(one), len(other)) > _MOST_WORDS:
        return Row([Piece(old, True)], [Piece(new, True)])
    codes = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    return Row(
        [Piece("".join(one[a:b]), kind != "equal") for kind, a, b, _, _ in codes if a < b],
        [Piece("".join(other[a:b]), kind != "equal") for kind, _, _, a, b in codes if a < b],
    )
