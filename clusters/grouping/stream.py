"""Grouping as items arrive, refined now and then without moving what people fixed in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from clusters.embedding.hashed import Words, counted
from clusters.embedding.minilm import Floats
from clusters.grouping.groups import Fixed, Groups
from clusters.grouping.rows import Rows
from clusters.grouping.space import GROUPING, Space, threshold_of

Encode = Callable[[Sequence[str]], Floats]

TEXT_LIMIT = 4_000  # characters; what a report is about is said at its start
AT_ONCE = 64  # items whose likeness to the groups is computed together
_FITTED = 20_000  # texts; after so many, means and rarities hardly change
_GROWTH = 1.25  # a refinement is due when there are so many times more items
_MOST = 2_500  # or this many more


class Stream:
    """Items are numbered from 0 as they come; so are groups, which may become empty.

    `encode` gives the meaning of texts as rows; without it words alone are compared.
    """

    def __init__(self, encode: Encode | None = None) -> None:
        self._encode = encode
        self._words: list[Words] = []  # of the first texts, which the space is fitted to
        self._dense: list[Floats] = []
        self._rows = Rows()
        self._groups = Groups()
        self._space = Space(None, [], GROUPING)
        self._threshold = 1.0
        self._refined_at = 0

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def groups(self) -> list[int]:
        """The group of each item, in order."""
        return list(self._groups.of)

    @property
    def threshold(self) -> float:
        """The average likeness that it takes to join a group, chosen from the items so far."""
        return self._threshold

    @property
    def refinement_due(self) -> bool:
        """Whether enough has come since the last refinement."""
        count = len(self)
        return count >= min(self._refined_at * _GROWTH, self._refined_at + _MOST) and count > 10

    def add(self, texts: Sequence[str]) -> list[int]:
        """Take the next items; the group of each, decided in their order."""
        found: list[int] = []
        for start in range(0, len(texts), AT_ONCE):
            part = [text[:TEXT_LIMIT] for text in texts[start : start + AT_ONCE]]
            found += self._groups.place(self._learn(part), self._threshold)
        return found

    def refine(self, fixed: Fixed = Fixed()) -> None:  # noqa: B008 - it is frozen
        """Group the newest items anew; the older ones stay together as they are.

        The space is fitted to the texts so far and the threshold chosen from it at the same time.
        """
        self._fit()
        self._groups.regroup(self._rows, self._threshold, fixed)
        self._refined_at = len(self)

    def _learn(self, texts: Sequence[str]) -> Floats:
        counts = [counted(text) for text in texts]
        dense = self._encode(texts) if self._encode else None
        if len(self._words) < _FITTED:
            self._words += counts
            self._dense += [] if dense is None else [dense]
        rows = self._space.rows(dense, counts)
        self._rows.add(rows)
        return rows

    def _fit(self) -> None:
        known = len(self._words)
        if len(self) == known or self._refined_at < known:
            dense = np.concatenate(self._dense) if self._dense else None
            self._space = Space(dense, self._words, GROUPING)
            self._rows.replace(self._space.rows(dense, self._words))
        self._threshold = threshold_of(self._rows)
