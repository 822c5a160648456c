"""Average linkage over rows of numbers: the two groups whose members are on average most alike
become one, again and again, until no pair is alike enough.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from clusters.embedding.minilm import Floats

NEVER = np.float32(-1e6)  # so low that no average with it ever reaches a threshold
_GONE = np.float32(-1e9)


def linked(
    sums: Floats,
    sizes: Iterable[int],
    threshold: float,
    apart: Iterable[tuple[int, int]] = (),
    fixed: int = 0,
) -> list[int]:
    """For each node the lowest number of the nodes that it ends up with.

    A node is the sum of its members' rows and their number. The pairs in `apart` never come into
    one group, and neither do any two of the first `fixed` nodes.
    """
    weights = np.array(list(sizes), np.float32)
    means = sums / weights[:, None]
    alike = means @ means.T
    alike[:fixed, :fixed] = NEVER
    for one, other in apart:
        alike[one, other] = alike[other, one] = NEVER
    np.fill_diagonal(alike, _GONE)
    return _Chain(alike, weights, threshold).run()


class _Chain:
    """Follows nearest neighbours until two are each other's: n * n steps for n nodes."""

    def __init__(self, alike: Floats, weights: Floats, threshold: float) -> None:
        self._alike, self._weights, self._threshold = alike, weights, threshold
        self._into = list(range(len(weights)))

    def run(self) -> list[int]:
        for start in range(len(self._into)):
            chain = [start] if self._into[start] == start else []
            while chain:
                self._step(chain)
        return [self._root(node) for node in range(len(self._into))]

    def _step(self, chain: list[int]) -> None:
        last = chain[-1]
        nearest = int(self._alike[last].argmax())
        best = self._alike[last, nearest]
        if best < self._threshold:
            # Merging elsewhere never makes it more alike to anything, so this node is complete.
            self._alike[last, :] = self._alike[:, last] = _GONE
            chain.pop()
        elif len(chain) > 1 and self._alike[last, chain[-2]] >= best:
            keep, drop = sorted((chain.pop(), chain.pop()))
            self._merge(keep, drop)
            if not chain:
                chain.append(keep)
        else:
            chain.append(nearest)

    def _merge(self, keep: int, drop: int) -> None:
        one, other = self._weights[keep], self._weights[drop]
        row = (self._alike[keep] * one + self._alike[drop] * other) / (one + other)
        # What one of the two may not be with, both may not: an average would weaken it.
        row[np.minimum(self._alike[keep], self._alike[drop]) <= NEVER / 2] = NEVER
        row[self._alike[keep] <= _GONE / 2] = _GONE
        row[[keep, drop]] = _GONE
        self._alike[keep, :] = self._alike[:, keep] = row
        self._alike[drop, :] = self._alike[:, drop] = _GONE
        self._weights[keep] = one + other
        self._into[drop] = keep

    def _root(self, node: int) -> int:
        while self._into[node] != node:
            node = self._into[node]
        return node
