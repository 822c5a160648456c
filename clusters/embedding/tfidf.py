"""TF-IDF over stems: no model, no download, 10,000 short texts in about a second."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from clusters.embedding.base import Vector
from clusters.embedding.words import words

# A word that only one or two texts have tells nothing about which texts belong together. Taken at
# full rarity such words would use up most of a short text's length of one.
_RAREST = 3


class TfidfEmbedder:
    """Weights each stem by how often the text and how seldom the other texts have it."""

    name = "tfidf"

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector for each text; the weights come from these texts alone."""
        counts = [Counter(words(text)) for text in texts]
        rarity = _rarity(counts)
        return [_unit({w: (1 + math.log(n)) * rarity[w] for w, n in c.items()}) for c in counts]


def _rarity(counts: Iterable[Counter[str]]) -> dict[str, float]:
    total, seen_in = 0, Counter[str]()
    for count in counts:
        total += 1
        seen_in.update(count.keys())
    return {
        word: 1 + math.log((total + 1) / (max(_RAREST, seen) + 0.5) + 1)
        for word, seen in seen_in.items()
    }


def _unit(weights: dict[str, float]) -> Vector:
    length = math.sqrt(sum(weight * weight for weight in weights.values()))
    return {word: weight / length for word, weight in weights.items()}
