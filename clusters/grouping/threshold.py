"""How alike is alike enough, for these texts.

A fixed number does not carry over from one corpus to another: the more texts, the likelier is
a chance resemblance, and long texts resemble each other more than short ones do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from clusters.embedding.base import Vector, cosine

_BASE = 0.03
_PER_SIZE = 0.018  # for each natural logarithm of the number of texts
_BACKGROUND = 2.0  # times the likeness of two texts taken at random
_PAIRS = 2_000
_ENOUGH = 30  # texts, below which the pairs say more about the groups than about the language


def threshold_for(vectors: Sequence[Vector]) -> float:
    """The average cosine from which two groups of these texts count as one."""
    count = max(len(vectors), _ENOUGH)
    return _BASE + _PER_SIZE * math.log(count) + _BACKGROUND * _likeness(vectors)


def _likeness(vectors: Sequence[Vector]) -> float:
    count = len(vectors)
    if count < _ENOUGH:
        return 0.0
    # Every distance in the order comes up, so neither neighbours nor a period dominate; and the
    # same texts always give the same figure.
    pairs = ((n % count, (n * 7 + n // count + 1) % count) for n in range(_PAIRS))
    return median(cosine(vectors[a], vectors[b]) for a, b in pairs if a != b)
