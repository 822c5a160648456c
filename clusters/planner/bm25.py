"""Plain BM25: which document is about the words of the query."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

_K1 = 1.2
_B = 0.75


def bm25(
    documents: Sequence[Mapping[str, int]], lengths: Sequence[int], query: Mapping[str, float]
) -> list[float]:
    """A score for each document, divided by the best one, so from 0 to 1.

    A document is its terms' counts, of which only those of the query are needed; its length
    counts all words. Query weights beyond 3 count as 3.
    """
    if not documents:
        return []
    average = max(sum(lengths) / len(lengths), 1.0)
    worth = rarity(documents, query)
    pairs = zip(documents, lengths, strict=True)
    return shares([score(document, length / average, worth) for document, length in pairs])


def shares(scores: Sequence[float]) -> list[float]:
    """The scores divided by the best one."""
    best = max(scores, default=0.0) or 1.0
    return [score / best for score in scores]


def score(document: Mapping[str, int], length: float, rarity: Mapping[str, float]) -> float:
    """What one document is worth; its length in those of an average one."""
    norm = _K1 * (1 - _B + _B * length)
    return sum(
        rarity[term] * count * (_K1 + 1) / (count + norm)
        for term, count in document.items()
        if term in rarity
    )


def rarity(documents: Sequence[Mapping[str, int]], query: Mapping[str, float]) -> dict[str, float]:
    """What each term of the query is worth: its weight, and the more the fewer documents have it."""
    seen = dict.fromkeys(query, 0)
    for document in documents:
        for term in document:
            if term in seen:
                seen[term] += 1
    total = len(documents)
    return {
        term: min(query[term], 3.0) * math.log(1 + (total - count + 0.5) / (count + 0.5))
        for term, count in seen.items()
    }
