"""Sentences of the reports that a plan can cite: what is expected, and examples with values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from clusters.embedding.base import Vector, cosine
from clusters.embedding.tfidf import TfidfEmbedder
from clusters.planner.base import Evidence
from clusters.planner.identifiers import terms

_LIMIT = 240
_BODY = 6_000
_ALIKE = 0.35  # expectations this close are one criterion with two witnesses

_SAME_SUBJECT = 0.4  # of the words of both
_NOT = re.compile(r"\b(?:not|never|no|without|cannot)\b|n't\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|```.*?(?:```|\Z)", re.DOTALL)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_EXPECTS = re.compile(
    r"\bexpect(?:ed|s|ing)?\b|\bshould(?:n't| not)?\b|\bought to\b|\bmust(?:n't| not)?\b"
    r"|\bsupposed to\b|\binstead of\b|\brather than\b|\bpromises?\b|\bneeds? to\b",
    re.IGNORECASE,
)
_MARKUP = " \t>#*+-|~="
_ERROR = re.compile(r"^(?:\w+\.)*[A-Z]\w*(?:Error|Exception|[a-z][A-Z]\w*): ")
_LABEL = re.compile(r"^(?:expected(?: (?:behaviou?r|result))?|actual(?: result)?)\s*:?\**$", re.I)
_NO_PROSE = re.compile(r"^\s{4,}|^File \"|^at \S+\(|^Traceback|^https?://\S+$|[{};]$|\[cut: ")


@dataclass(frozen=True, slots=True)
class Expectation:
    """A sentence that says how things ought to be, and the items that say so."""

    text: str
    items: list[int]


@dataclass(frozen=True, slots=True)
class Example:
    """The sentence of an item that names the most values."""

    item: int
    text: str


def expectations(items: Sequence[Evidence], limit: int) -> list[Expectation]:
    """What the reporters expect, what most of them say first.

    Similar sentences are one, unless they ask for different things.
    """
    said = [(item.id, s) for item in items for s in sentences(item) if _EXPECTS.search(s)]
    vectors = TfidfEmbedder().embed([sentence for _, sentence in said])
    found: list[tuple[Vector, Expectation]] = []
    for (item, sentence), vector in zip(said, vectors, strict=True):
        alike = (e for other, e in found if cosine(vector, other) >= _ALIKE)
        same = next((e for e in alike if not contradict(e.text, sentence)), None)
        if same is None:
            found.append((vector, Expectation(sentence, [item])))
        elif item not in same.items:
            same.items.append(item)
    ordered = sorted((e for _, e in found), key=lambda e: (-len(e.items), -_worth(e.text)))
    return ordered[:limit]


def example(items: Sequence[Evidence]) -> Example | None:
    """What a test can start from; None where no report names two values in a sentence."""
    said = [Example(item.id, sentence) for item in items for sentence in sentences(item)]
    best = max(said, key=lambda one: _worth(one.text), default=None)
    return best if best and _concrete(best.text) >= 2 else None


def contradict(one: str, other: str) -> bool:
    """Whether two sentences about the same ask for different things."""
    first, second = set(terms(one)), set(terms(other))
    words = {word for word in first & second if not word.isdigit()}
    smaller = min(len(first), len(second))
    if not smaller or len(words) / smaller < _SAME_SUBJECT:
        return False
    denied = bool(_NOT.search(one)) != bool(_NOT.search(other))
    figures = set(_NUMBER.findall(one)), set(_NUMBER.findall(other))
    return denied or (all(figures) and not figures[0] & figures[1])


def _worth(sentence: str) -> float:
    # Two values and what they ought to give beat a row of figures.
    expected = 1.5 if _EXPECTS.search(sentence) else 0.0
    return min(_concrete(sentence), 4) + expected - (3.0 if _ERROR.match(sentence) else 0.0)


def sentences(item: Evidence) -> list[str]:
    """The report's sentences of prose, at most 30, each on one line."""
    prose = _COMMENT.sub("\n", item.body[:_BODY])
    lines = [line for line in prose.split("\n") if not _NO_PROSE.search(line)]
    pieces = _SENTENCE_END.split("\n".join([item.title, *lines]))
    cleaned = (" ".join(piece.strip(_MARKUP).split()) for piece in pieces)
    return [s for s in cleaned if len(s.split()) > 3 and len(s) <= _LIMIT and not _LABEL.match(s)][
        :30
    ]


def _concrete(sentence: str) -> int:
    """How many values a sentence names: numbers, and text in quotes or code marks."""
    return len(re.findall(r"\d+(?:[.,]\d+)*|`[^`]+`|\"[^\"]+\"|'[^']{2,}'(?!\w)", sentence))
