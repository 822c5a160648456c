"""Counting tokens of streams that say them piece by piece and then once more in all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from agents.runners.base import Usage

MAX_ANSWERS = 10_000


@dataclass(frozen=True, slots=True)
class Tokens:
    """Numbers of tokens; `input` is all that went in, `cached` and `written` are of it."""

    input: int = 0
    output: int = 0
    cached: int = 0
    written: int = 0

    def without_output(self) -> Tokens:
        """The same, with an output that is not known yet."""
        return replace(self, output=0)

    def plus(self, other: Tokens) -> Tokens:
        """The sum."""
        return Tokens(
            self.input + other.input,
            self.output + other.output,
            self.cached + other.cached,
            self.written + other.written,
        )

    def beyond(self, other: Tokens) -> Tokens:
        """What is more than in `other`; nothing is ever less than 0."""
        return Tokens(
            max(0, self.input - other.input),
            max(0, self.output - other.output),
            max(0, self.cached - other.cached),
            max(0, self.written - other.written),
        )

    def usage(self, model: str) -> Usage:
        """As an event."""
        return Usage(self.input, self.output, self.cached, None, self.written, model)


class Told:
    """What was told already: each answer once, and of a sum only what is new."""

    def __init__(self) -> None:
        self._answers: set[str] = set()
        self._models: dict[str, Tokens] = {}

    def more(self, answer: str, model: str, spent: Tokens) -> Iterator[Usage]:
        """The tokens of one answer, told once however often it is repeated."""
        if not answer or answer in self._answers or len(self._answers) >= MAX_ANSWERS:
            return
        self._answers.add(answer)
        yield from self._add(model, spent)

    def up_to(self, model: str, total: Tokens) -> Iterator[Usage]:
        """What the total of a model is more than what was told of it; "" is all models."""
        told = Tokens()
        for name, spent in self._models.items():
            if model in ("", name):
                told = told.plus(spent)
        yield from self._add(model, total.beyond(told))

    def _add(self, model: str, spent: Tokens) -> Iterator[Usage]:
        if spent == Tokens():
            return
        self._models[model] = self._models.get(model, Tokens()).plus(spent)
        yield spent.usage(model)
