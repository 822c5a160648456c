"""Word weights in rows of fixed length: each word is added at two places that its name decides."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from clusters.embedding.minilm import Floats, unit
from clusters.embedding.words import words

DIMENSIONS = 512
_RAREST = 3  # texts; see clusters/embedding/tfidf.py

Words = Counter[str]


def counted(text: str) -> Words:
    """The telling words of a text with how often it has them."""
    return Counter(words(text))


class Rarity:
    """How many texts have which word."""

    def __init__(self, width: int = DIMENSIONS) -> None:
        self._width = width
        self._texts = 0
        self._seen: Counter[str] = Counter()

    def learn(self, texts: Iterable[Words]) -> None:
        """Take these texts into account from now on."""
        for text in texts:
            self._texts += 1
            self._seen.update(text.keys())

    def rows(self, texts: Sequence[Words]) -> Floats:
        """One row of length one for each text, zeros for a text without a telling word."""
        rows = np.zeros((len(texts), self._width), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word, count in text.items():
                weight = (1 + math.log(count)) * self._weight(word)
                for mark in _marks(word):
                    row[mark % self._width] += weight if mark >> 31 else -weight
        return unit(rows)

    def _weight(self, word: str) -> float:
        seen = max(_RAREST, self._seen[word]) + 0.5
        return 1 + math.log((self._texts + 1) / seen + 1)


@lru_cache(maxsize=100_000)
def _marks(word: str) -> tuple[int, ...]:
    """Two numbers below 2**32 that a word always has."""
    return tuple(zlib.crc32(f"{salt}{word}".encode()) for salt in "ab")
