"""Where secrets are in a text that arrives in pieces. Plain Python.

All places count from the start of the window: the part of the text that was not shown yet.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import accumulate, chain

from agents.logs import patterns
from agents.logs.automaton import START, Automaton
from agents.logs.patterns import Span

ESCAPE = re.compile(r"\x1b\[[0-?]{0,32}[ -/]{0,2}[@-~]")
_ESCAPE_BEGUN = re.compile(r"\x1b(?:\[[0-?]{0,32}[ -/]{0,2})?\Z")
_ESCAPE_LONGEST = 40
_ESCAPES = re.compile(f"{ESCAPE.pattern}(?:{ESCAPE.pattern})*")
_WALL = 256  # characters of codes between two characters that are still read as one word


def unfinished_code(text: str) -> int:
    """Where a terminal code starts that is cut off at the end; the text's length if none is."""
    begun = _ESCAPE_BEGUN.search(text, max(0, len(text) - _ESCAPE_LONGEST))
    return begun.start() if begun else len(text)


@dataclass(slots=True)
class Search:
    """Looks at one text; `spans` are the places to hide, `limit` is where the open end begins."""

    automaton: Automaton
    state: int = START
    known: int = 0  # characters of the window that the automaton has seen
    told: list[Span] = field(default_factory=list)  # secrets that we were told
    tokens: list[Span] = field(default_factory=list)  # well-known shapes
    limit: int = 0  # no later text can change what is hidden before it
    context: str = ""  # the last characters before the window

    def look(self, window: str) -> None:
        """Look at the window, which begins like the last one and goes on."""
        self.state, found = self.automaton.scan(window, self.state, self.known)
        self.told += found
        self.known = len(window)
        before = len(self.context)
        text = self.context + window
        self.tokens = [
            (first - before, last - before) for first, last in patterns.finished(text, before)
        ]
        self.limit = min(
            self.known - self.automaton.depth[self.state],
            patterns.unfinished(text, before) - before,
        )

    def advance(self, window: str, places: int) -> None:
        """The window begins so many characters later."""
        self.context = (self.context + window[:places])[-patterns.CONTEXT :]
        self.told = [(a - places, b - places) for a, b in self.told if a >= places]
        self.tokens = []
        self.known -= places
        self.limit = 0

    def copy_to(self, other: Search) -> None:
        """Make the other one the same."""
        other.state, other.known, other.limit = self.state, self.known, self.limit
        other.told, other.tokens, other.context = [*self.told], [*self.tokens], self.context

    def is_like(self, other: Search) -> bool:
        """Both have seen the same."""
        return (self.state, self.known, self.context, self.told) == (
            other.state,
            other.known,
            other.context,
            other.told,
        )


class Stripped:
    """A text without its terminal codes, which knows where in the original everything was.

    A long run of codes counts as the end of a line: else a secret that may go on behind it would
    have to be held in memory for as long as the run is.
    """

    def __init__(self, original: str) -> None:
        self.codes: list[Span] = []
        self.text = original
        if "\x1b" in original:
            self._strip(original)
        self._sizes = [0, *accumulate(end - begin for begin, end in self.codes)]
        self._places = [
            begin - size for (begin, _), size in zip(self.codes, self._sizes, strict=False)
        ]

    def _strip(self, original: str) -> None:
        kept, done = [], 0
        for match in _ESCAPES.finditer(original):
            first, last = match.span()
            kept.append(original[done:first])
            if last - first > _WALL:
                kept.append("\n")  # in the place of its first character
                first += 1
            self.codes.append((first, last))
            done = last
        self.text = "".join([*kept, original[done:]])

    def original(self, place: int) -> int:
        """Where a character is in the original."""
        return place + self._sizes[bisect_right(self._places, place)]

    def span(self, span: Span) -> Span:
        """The characters and the codes between them."""
        first, last = span
        return self.original(first), self.original(last - 1) + 1

    def stripped(self, place: int) -> int:
        """How many characters are before a place of the original, which is not inside a code."""
        return place - self._sizes[bisect_left(self.codes, (place, place))]


class Window:
    """Looks at a text twice: as it is, and without terminal codes (nobody sees those).

    Both are needed: codes can hide a secret from the first look, and the begin of a code can
    swallow a secret's first character in the second.
    """

    def __init__(self, automaton: Automaton) -> None:
        self.text = ""
        self._exact = Search(automaton)
        self._visible = Search(automaton)

    def extend(self, text: str, *, final: bool = False) -> tuple[list[Span], int]:
        """What to hide, sorted, and the place from which on later text may change that."""
        window = self.text = self.text + text
        if "\x1b" not in window and self._exact.is_like(self._visible):
            self._exact.look(window)
            self._exact.copy_to(self._visible)
            return self._hidden(None), self._limit(self._exact.limit, [])
        end = len(window) if final else unfinished_code(window)
        stripped = Stripped(window[:end])
        self._exact.look(window)
        self._visible.look(stripped.text)
        limit = min(end, self._exact.limit, stripped.original(self._visible.limit))
        fixed = [*stripped.codes, *map(stripped.span, self._visible.tokens)]
        return self._hidden(stripped), self._limit(limit, fixed)

    def _hidden(self, stripped: Stripped | None) -> list[Span]:
        exact = chain(self._exact.told, self._exact.tokens)
        if stripped is None:
            return sorted(exact)
        visible = chain(self._visible.told, self._visible.tokens)
        return sorted({*exact, *map(stripped.span, visible)})

    def _limit(self, limit: int, fixed: list[Span]) -> int:
        """Codes and tokens are looked for again from the limit on: it must not cut them."""
        for first, last in sorted([*fixed, *self._exact.tokens], reverse=True):
            if first < limit < last:
                limit = first
        return limit

    def advance(self, places: int) -> None:
        """Forget so many characters at the beginning."""
        stripped = Stripped(self.text)
        self._visible.advance(stripped.text, stripped.stripped(places))
        self._exact.advance(self.text, places)
        self.text = self.text[places:]
