"""Finds the earlier reports that a report most likely repeats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clusters.embedding.hashed import counted
from clusters.embedding.minilm import Floats
from clusters.grouping.space import DUPLICATES, Space
from clusters.grouping.stream import TEXT_LIMIT, Encode

_WIDTH = 4_096  # of the words' part: one word in common may decide, so few may share a place
_GROWTH = 1.1  # the space is fitted anew when there are so many times more texts before it


class Nearest:
    """Texts in the order of time, numbered from 0. Nothing is learnt from those that come later."""

    def __init__(self, texts: Sequence[str], encode: Encode | None = None) -> None:
        texts = [text[:TEXT_LIMIT] for text in texts]
        self._words = [counted(text) for text in texts]
        self._dense = encode(texts) if encode else None
        self._fitted = 0
        self._rows: Floats = np.zeros((0, 0), np.float32)

    def before(self, number: int, most: int) -> list[int]:
        """At most `most` numbers of earlier texts, the one most alike first."""
        if number >= self._fitted * _GROWTH or number < self._fitted:
            self._fit(number)
        alike = self._rows[:number] @ self._rows[number]
        return [int(found) for found in np.argsort(-alike, kind="stable")[:most]]

    def _fit(self, count: int) -> None:
        known = None if self._dense is None else self._dense[:count]
        space = Space(known, self._words[:count], DUPLICATES, _WIDTH)
        self._rows = space.rows(self._dense, self._words)
        self._fitted = count
