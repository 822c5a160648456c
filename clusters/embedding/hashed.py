"""Word weights in rows of fixed length: each word is added at two places that its name decides."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from clusters.embedding.minilm import Floats, unit
from clusters.embedding.words import words

DIMENSIONS = 512
# A telling word of a text: two numbers below 2**32 that it always has, and how often it comes.
WORD = np.dtype([("one", "<u4"), ("two", "<u4"), ("count", "u1")])
_RAREST = 3  # texts; see clusters/embedding/tfidf.py
_AT_ONCE = 2_048  # rows
_MOST = 255

Words = NDArray[np.void]


def counted(text: str) -> Words:
    """The telling words of a text with how often it has them."""
    counts = Counter(words(text))
    return np.array([(*_marks(word), min(n, _MOST)) for word, n in counts.items()], WORD)


class Rarity:
    """How many of these texts have which word."""

    def __init__(self, texts: Sequence[Words] = (), width: int = DIMENSIONS) -> None:
        self._width = width
        self._texts = len(texts)
        self._known, self._seen = np.unique(_joined(texts)["one"], return_counts=True)

    def rows(self, texts: Sequence[Words]) -> Floats:
        """One row of length one for each text, zeros for a text without a telling word."""
        parts = [texts[at : at + _AT_ONCE] for at in range(0, len(texts), _AT_ONCE)]
        rows = [self._some(part) for part in parts]
        return np.concatenate(rows) if rows else np.zeros((0, self._width), np.float32)

    def weights(self, stems: Sequence[str]) -> list[float]:
        """How telling words are: the fewer texts have one, the more."""
        marks = np.array([_marks(stem)[0] for stem in stems], np.uint32)
        return [float(weight) for weight in self._weights(marks)]

    def _some(self, texts: Sequence[Words]) -> Floats:
        joined = _joined(texts)
        weights = (1 + np.log(np.maximum(joined["count"], 1))) * self._weights(joined["one"])
        row = np.repeat(np.arange(len(texts)), [len(text) for text in texts]) * self._width
        size = len(texts) * self._width
        total = np.zeros(size)
        for mark in (joined["one"], joined["two"]):
            signed = np.where(mark >> 31, weights, -weights)
            total += np.bincount(row + mark % self._width, signed, size)
        return unit(total.reshape(len(texts), self._width).astype(np.float32))

    def _weights(self, marks: NDArray[np.uint32]) -> NDArray[np.float64]:
        seen = np.zeros(len(marks))
        if len(self._known):
            place = np.minimum(np.searchsorted(self._known, marks), len(self._known) - 1)
            seen = np.where(self._known[place] == marks, self._seen[place], 0)
        weights: NDArray[np.float64] = 1 + np.log(
            (self._texts + 1) / (np.maximum(_RAREST, seen) + 0.5) + 1
        )
        return weights


def _joined(texts: Sequence[Words]) -> Words:
    return np.concatenate(texts) if len(texts) else np.zeros(0, WORD)


@lru_cache(maxsize=100_000)
def _marks(word: str) -> tuple[int, int]:
    return zlib.crc32(f"a{word}".encode()), zlib.crc32(f"b{word}".encode())
