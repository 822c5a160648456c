"""A project's own threshold, learnt from what its people put together and took apart.

People see what is wrong with groups, not what is right: whoever only corrects takes few groups
apart that are too large, and joins many that are too small, although the threshold is a good one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

MOST = 0.1  # that the threshold is shifted by, up or down
_SLOPE = 10.0  # of the chance that two reports belong together, by their likeness
_FAR = 0.3  # likeness further from the threshold says no more
_DOUBT = 0.02  # how far, usually, a project's best threshold is from the one chosen for it
# Where a threshold was best on CLINC, about one in four corrections took a group apart.
_APART = 2.0
_STEPS = 40  # of halving: a millionth of likeness


@dataclass(frozen=True, slots=True)
class Pair:
    """Two reports of one correction, and how alike they are."""

    correction: Hashable
    likeness: float
    together: bool


def shift_of(pairs: Sequence[Pair], threshold: float) -> float:
    """What to add to the threshold, which is where it would be without corrections.

    All pairs of a correction count as one. With few corrections it hardly moves.
    """
    if not pairs:
        return 0.0
    sizes = Counter((pair.correction, pair.together) for pair in pairs)

    def slope(shift: float) -> float:
        """Of how unlikely the corrections are with this shift; it rises with the shift."""
        total = shift / _DOUBT**2
        for pair in pairs:
            away = pair.likeness - threshold - shift
            chance = 1 / (1 + math.exp(-_SLOPE * min(_FAR, max(-_FAR, away))))
            push = (1 - chance) if pair.together else -_APART * chance
            total += _SLOPE * push / sizes[pair.correction, pair.together]
        return total

    low, high = -MOST, MOST
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if slope(middle) > 0 else (middle, high)
    return round((low + high) / 2, 4)
