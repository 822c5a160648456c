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
    rarity = _rarity(documents, query)
    scores = [
        _score(document, _K1 * (1 - _B + _B * length / average), rarity)
        for document, length in zip(documents, lengths, strict=True)
    ]
    best = max(scores) or 1.0
    return [score / best for score in scores]


def _score(document: Mapping[str, int], norm: float, rarity: Mapping[str, float]) -> float:
    return sum(
        rarity[term] * count * (_K1 + 1) / (count + norm)
        for term, count in document.items()
        if term in rarity
    )


def _rarity(documents: Sequence[Mapping[str, int]], query: Mapping[str, float]) -> dict[str, float]:
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
