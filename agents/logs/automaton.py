"""Finds any of many texts in a stream, each character looked at once (Aho and Corasick).

Plain Python. Besides the matches it knows at every moment how much of the end could be the
beginning of a match: exactly that much has to be held back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

START = 0
_MUCH = 2  # times the longest text: where looking for each text by itself is faster


class Automaton:
    """Built once for a set of texts; a position in the stream is a state, a plain number."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._next: list[dict[str, int]] = [{}]
        self._fail: list[int] = [START]
        self.depth: list[int] = [0]  # of a state: how many last characters begin some text
        self._match: list[int] = [0]  # length of the longest text that ends in the state
        self.longest = 0
        self._texts = list(dict.fromkeys(texts))
        for text in self._texts:
            self._add(text)
        self._connect()

    def _add(self, text: str) -> None:
        state = START
        for character in text:
            following = self._next[state].get(character)
            if following is None:
                following = self._grow(self.depth[state] + 1)
                self._next[state][character] = following
            state = following
        self._match[state] = len(text)
        self.longest = max(self.longest, len(text))

    def _grow(self, depth: int) -> int:
        self._next.append({})
        self._fail.append(START)
        self._match.append(0)
        self.depth.append(depth)
        return len(self._next) - 1

    def _connect(self) -> None:
        """Where to go on when a text does not go on: the longest end that begins another."""
        waiting = deque(self._next[START].values())
        while waiting:
            state = waiting.popleft()
            for character, following in self._next[state].items():
                self._fail[following] = self.step(self._fail[state], character)
                self._match[following] = (
                    self._match[following] or self._match[self._fail[following]]
                )
                waiting.append(following)

    def step(self, state: int, character: str) -> int:
        """The state after one more character."""
        following = self._next[state].get(character)
        while following is None:
            if state == START:
                return START
            state = self._fail[state]
            following = self._next[state].get(character)
        return following

    def scan(self, text: str, state: int, begin: int = 0) -> tuple[int, list[tuple[int, int]]]:
        """The state after `text[begin:]` and the matches in it as (first, after the last).

        A match may start before `begin`, even before the text (a negative number) when the state
        says so. Of several texts that end at one place, the longest is told.
        """
        first = begin - self.depth[state]
        if first >= 0 and len(text) - first > _MUCH * self.longest:
            seen = text[first:]
            if not any(wanted in seen for wanted in self._texts):
                # Nothing ends in it, so that only its end counts: far faster than each character.
                text, state, begin = seen[len(seen) - self.longest :], START, 0
        found: list[tuple[int, int]] = []
        following, fail, match = self._next, self._fail, self._match
        for place in range(begin, len(text)):
            character = text[place]
            while (after := following[state].get(character)) is None and state:
                state = fail[state]
            state = after or START
            if match[state]:
                found.append((place + 1 - match[state], place + 1))
        return state, found
