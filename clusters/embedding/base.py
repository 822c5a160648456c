"""The embedder seam: texts to vectors whose dot product says how alike they are.

Plain Python: no Django here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Protocol

# Sparse and of length one, so that the dot product is the cosine. A text without any known
# feature is the empty vector, which is like nothing.
Vector = Mapping[str, float]


class Embedder(Protocol):
    """Turns texts into vectors that may be compared with those of the same call only."""

    name: str

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector for each text, in order; the same texts always give the same vectors."""
        ...


def cosine(one: Vector, other: Vector) -> float:
    """How alike two vectors are, from 0 to 1."""
    small, large = sorted((one, other), key=len)
    return sum(weight * large.get(feature, 0.0) for feature, weight in small.items())


def sum_of(vectors: Sequence[Vector]) -> Vector:
    """The vectors' sum."""
    if len(vectors) == 1:
        return vectors[0]
    total: dict[str, float] = defaultdict(float)
    for vector in vectors:
        for feature, weight in vector.items():
            total[feature] += weight
    return dict(total)
