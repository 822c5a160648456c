"""Keeps secrets out of everything that people see. Plain Python."""

from __future__ import annotations

from collections.abc import Iterable

from agents.logs.automaton import Automaton
from agents.logs.patterns import Span
from agents.logs.search import Window
from agents.logs.spellings import spellings

MASK = "[secret]"


class Scrubber:
    """Replaces secrets by `[secret]` in text that arrives in pieces.

    Looks for every spelling of the given secrets (raw, URL, base64, hex, JSON, XML), also across
    pieces and across terminal codes between their characters, and for well-known shapes of tokens
    within a line. What comes out does not depend on how the text was cut, and nothing is held
    back but an end that could be the beginning of a secret.

    Raises ValueError for a secret that is too short to hide (fewer than 6 characters).
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._automaton = Automaton(
            spelling for secret in secrets for spelling in sorted(spellings(secret))
        )
        self._stream = _Stream(self._automaton)

    def feed(self, text: str) -> str:
        """The text that is safe to show now."""
        return self._stream.feed(text)

    def flush(self) -> str:
        """What was held back; the next `feed` begins a new text."""
        return self._stream.flush()

    def scrub(self, text: str) -> str:
        """A whole text without secrets; does not touch the text that is being fed."""
        stream = _Stream(self._automaton)
        return stream.feed(text) + stream.flush()

    def fork(self) -> Scrubber:
        """The same secrets for another text."""
        other = Scrubber.__new__(Scrubber)
        other._automaton = self._automaton
        other._stream = _Stream(self._automaton)
        return other


class _Stream:
    """One text that arrives in pieces."""

    def __init__(self, automaton: Automaton) -> None:
        self._automaton = automaton
        self._window = Window(automaton)
        self._done = 0  # up to here the window is hidden by a mask that was shown already

    def feed(self, text: str) -> str:
        spans, limit = self._window.extend(text)
        shown = self._release(spans, limit)
        self._window.advance(limit)
        self._done = max(0, self._done - limit)
        return shown

    def flush(self) -> str:
        spans, _ = self._window.extend("", final=True)
        shown = self._release(spans, len(self._window.text))
        self._window = Window(self._automaton)
        self._done = 0
        return shown

    def _release(self, spans: list[Span], limit: int) -> str:
        """The window's text before the limit, masked."""
        text, parts = self._window.text, []
        for first, last in spans:
            if first >= limit:
                break
            if first >= self._done:  # else it overlaps what the last mask hides
                parts += [text[self._done : first], MASK]
            self._done = max(self._done, last)
        parts.append(text[self._done : limit])
        self._done = max(self._done, limit)
        return "".join(parts)
