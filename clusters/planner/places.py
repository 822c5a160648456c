"""Where in a file to look: the definition that the reports' words point at."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from clusters.planner.clues import Clues
from clusters.planner.identifiers import terms
from clusters.planner.scan import definitions
from clusters.planner.signals import Signals

_NAMED = 1.5  # times the score of a definition that a report names or a stack trace passes


@dataclass(frozen=True, slots=True)
class Place:
    """A definition and its line, from 1."""

    name: str
    line: int


def place_in(text: str, signals: Signals, clues: Clues) -> Place | None:
    """The most telling definition of a file; None where it defines nothing that fits."""
    found = definitions(text)
    if not found:
        return None
    ends = [offset for _, offset in found[1:]] + [len(text)]
    blocks = [terms(text[start:end]) for (_, start), end in zip(found, ends, strict=True)]
    rarity = _rarity(blocks, clues.words)
    scores = [_score(block, rarity) for block in blocks]
    passed = signals.trace.line if signals.trace and not signals.facts.raising else 0
    for number, (name, start) in enumerate(found):
        line = _line(text, start)
        if name in clues.names:
            scores[number] *= _NAMED
        if line <= passed <= _line(text, ends[number]):
            scores[number] *= _NAMED
    best = max(range(len(found)), key=lambda number: scores[number])
    if not scores[best]:
        return None
    name, offset = found[best]
    return Place(name, _line(text, offset))


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _rarity(blocks: list[Counter[str]], words: Mapping[str, float]) -> dict[str, float]:
    having = Counter(term for block in blocks for term in block if term in words)
    return {t: words[t] * math.log(1 + len(blocks) / count) for t, count in having.items()}


def _score(block: Counter[str], rarity: Mapping[str, float]) -> float:
    # Every definition has its length's share of chance hits; the root of it is enough of a check.
    total = sum(rarity[term] for term in block if term in rarity)
    return total / math.sqrt(10 + sum(block.values()))
