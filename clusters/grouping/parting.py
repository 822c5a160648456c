"""Where a group would come apart if its members had to be more alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clusters.embedding.minilm import Floats
from clusters.grouping.average import linked

_STEP = 0.02
_FURTHEST = 0.2  # above the threshold; beyond it, whatever is there comes apart
_SHARE = 0.15  # of the members that a part has to have
_PARTS = 6


@dataclass(frozen=True, slots=True)
class Parting:
    """The parts as numbers of rows, the largest first; a single one when nothing comes apart.

    `margin` is how much more alike than the threshold they had to be for that, and `gap` how much
    more alike members of a part are to each other than to the largest other part.
    """

    parts: list[list[int]]
    margin: float = _FURTHEST
    gap: float = 0.0


def parting(rows: Floats, threshold: float) -> Parting:
    """The first threshold above this one at which the group has two parts that matter."""
    count = len(rows)
    least = max(2, _SHARE * count) if count > 3 else 1
    for step in np.arange(0.0, _FURTHEST, _STEP):
        roots = linked(rows, [1] * count, threshold + float(step)) if count > 1 else [0]
        large = [root for root, size in Counter(roots).most_common(_PARTS) if size >= least]
        if len(large) > 1:
            parts = [[n for n, root in enumerate(roots) if root == each] for each in large]
            return Parting(_all_in(parts, rows), float(step), _gap(rows, parts))
    return Parting([list(range(count))])


def _all_in(parts: list[list[int]], rows: Floats) -> list[list[int]]:
    """The parts with what is in none of them: it goes to the one that it is most alike."""
    means = np.stack([rows[part].mean(axis=0) for part in parts])
    taken = {n for part in parts for n in part}
    for number in range(len(rows)):
        if number not in taken:
            parts[int((means @ rows[number]).argmax())].append(number)
    return sorted((sorted(part) for part in parts), key=lambda part: (-len(part), part[0]))


def _gap(rows: Floats, parts: Sequence[Sequence[int]]) -> float:
    one, other = rows[list(parts[0])], rows[list(parts[1])]
    between = float((one @ other.T).mean())
    pairs = [_pairs(one), _pairs(other)]
    count = sum(number for _, number in pairs)
    within = sum(total for total, _ in pairs) / count if count else 1.0
    return within - between


def _pairs(rows: Floats) -> tuple[float, int]:
    """The sum of the likeness of all pairs, each in both directions, and their number."""
    alike = rows @ rows.T
    return float(alike.sum() - np.trace(alike)), len(rows) * (len(rows) - 1)
