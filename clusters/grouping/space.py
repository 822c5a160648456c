"""Where texts are compared: meaning and words in one row, scaled by this project's own texts.

The texts' mean is taken away first: what all reports of a product have in common says nothing
about which of them belong together, and without it two texts at random are alike by about 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from clusters.embedding.hashed import DIMENSIONS, Rarity, Words
from clusters.embedding.minilm import Floats, unit
from clusters.grouping.rows import Rows

GROUPING = 0.15  # the share of words in what is alike: reports of one defect use many words
DUPLICATES = 0.35  # a report that comes twice repeats its words as well
_PAIRS = 10_000
_ENOUGH = 100  # texts; the fewer there are, the more do random pairs say about groups
# Of fewer texts: where groups of a few dozen short texts come out best, with meaning and without.
_OF_FEW, _OF_FEW_WORDS = 0.30, 0.10
_HIGH = 1.645  # spreads that the highest twentieth lies above, were it chance alone
_LEAST = 0.02  # texts that are hardly ever alike still need more than one word in common
_PER_SIZE = 0.63  # spreads for each natural logarithm of the number of texts


class Space:
    """Fitted to the texts of one project; without `dense` rows, words alone decide."""

    def __init__(
        self,
        dense: Floats | None,
        texts: Sequence[Words],
        share: float = GROUPING,
        width: int = DIMENSIONS,
    ) -> None:
        self._rarity = Rarity(texts, width)
        self._mean = None if dense is None or len(dense) < _ENOUGH else dense.mean(axis=0)
        self._share = share

    def rows(self, dense: Floats | None, texts: Sequence[Words]) -> Floats:
        """One row for each text; the product of two rows is how alike they are."""
        lexical = self._rarity.rows(texts)
        if dense is None:
            return lexical
        meaning = dense if self._mean is None else unit(dense - self._mean)
        parts = [
            meaning * np.float32(math.sqrt(1 - self._share)),
            lexical * np.float32(math.sqrt(self._share)),
        ]
        return np.hstack(parts)

    def weights(self, stems: Sequence[str]) -> list[float]:
        """How telling words are here."""
        return self._rarity.weights(stems)


def of_few(*, meaning: bool) -> float:
    """The threshold of so few texts that nothing can be learnt from them."""
    return _OF_FEW if meaning else _OF_FEW_WORDS


def threshold_of(rows: Rows, count: int, *, meaning: bool) -> float:
    """From which average likeness on two groups count as one, by the first `count` texts alone.

    Random pairs are nearly all of different groups, so the lower half of their likeness shows how
    far chance reaches; nobody's labels are needed. The more texts there are, the further above that a chance may be: it takes
    0.63 spreads for each natural logarithm of their number. `meaning`: not words alone.
    """
    if count < _ENOUGH:
        return of_few(meaning=meaning)
    # A seed of its own: the same texts always give the same figure.
    chance = np.random.default_rng(count)
    one, other = chance.integers(0, count, _PAIRS), chance.integers(0, count, _PAIRS)
    differ = one != other
    pairs = np.einsum("ij,ij->i", rows.some(one[differ]), rows.some(other[differ]))
    low, middle, high = np.quantile(pairs, [0.16, 0.5, 0.95])
    # Most pairs share no word at all: where words alone count, only the upper half says something.
    spread = middle - low if middle > low else (high - middle) / _HIGH
    return float(middle + _PER_SIZE * math.log(count) * max(spread, _LEAST))
