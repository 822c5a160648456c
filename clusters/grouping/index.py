"""The items of one project where they are compared, and the groups that they form.

What is decided depends on the items and their order alone: the space is fitted and the threshold
chosen at numbers of items that are known beforehand, so that an index which is made anew from
stored rows decides as the one before it would have.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clusters.embedding.hashed import Words
from clusters.embedding.minilm import Floats
from clusters.grouping import regroup
from clusters.grouping.groups import Bound, Groups, Joined
from clusters.grouping.regroup import Fixed
from clusters.grouping.rows import Rows
from clusters.grouping.space import Space, threshold_of

AT_ONCE = 64  # items whose likeness to the groups is computed together
FITTED = 20_000  # texts; after so many, means and rarities hardly change
_CHUNK = 4_096  # rows
_FIRST = 11  # items; before them there is nothing to fit to
_GROWTH = 1.25  # the space is fitted when there are so many times more items
_MOST = 2_500  # or this many more
_LOOKED_AT = 500  # members of a group among which the nearest one is looked for


@dataclass(frozen=True, slots=True)
class Near:
    """Another item, and how alike it is."""

    item: int
    likeness: float


def next_point(count: int) -> int:
    """The number of items at which something is due that was done last with so many."""
    if count < _FIRST:
        return _FIRST
    return math.ceil(min(count * _GROWTH, count + _MOST))


def point_before(count: int) -> int:
    """The last number up to `count` at which the space was fitted; 0 for too few items."""
    point = 0
    while next_point(point) <= count:
        point = next_point(point)
    return point


class Index:
    """Items are numbered from 0 as they come; so are groups, which may become empty.

    `shift` is added to the threshold: what people's corrections say.
    """

    def __init__(self, *, meaning: bool, shift: float = 0.0) -> None:
        self.shift = shift
        self.groups = Groups()
        self._meaning = meaning
        # What the space is fitted to, until it stays as it is.
        self._dense: list[Floats] | None = []
        self._words: list[Words] = []
        self._rows = Rows()
        self._space = Space(None, [])
        self._threshold = threshold_of(self._rows, 0, meaning=meaning)
        self._fitted = 0

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def threshold(self) -> float:
        """The average likeness that it takes to join a group."""
        return self._threshold + self.shift

    @property
    def width(self) -> int:
        """How many numbers a row has."""
        return self._rows.width

    @property
    def nbytes(self) -> int:
        """About how much memory it takes."""
        held = sum(part.nbytes for part in self._dense or ())
        return self._rows.nbytes + self.groups.nbytes + held + 200 * len(self)

    def load(
        self, dense: Floats | None, words: Sequence[Words], of: Sequence[int], count: int
    ) -> None:
        """All items at once, as they were decided: the group of each, of `count` groups."""
        point = point_before(len(words))
        known = min(point, FITTED)
        space = Space(None if dense is None else _single(dense[:known]), words[:known])
        self._space, self._fitted = space, point
        for at in range(0, len(words), _CHUNK):
            part = None if dense is None else _single(dense[at : at + _CHUNK])
            rows = space.rows(part, words[at : at + _CHUNK])
            if at == 0:  # once, with room for the next ones
                self._rows.reserve(len(words) * 11 // 10, rows.shape[1])
            self._rows.add(rows)
        if point >= FITTED:
            self._dense = None
        else:
            self._dense = [] if dense is None else [dense]
            self._words = list(words)
        self._threshold = threshold_of(self._rows, point, meaning=self._meaning)
        self.groups.set(of, self._rows, count)

    def add(
        self, dense: Floats | None, words: Sequence[Words], bound: Sequence[Bound | None] = ()
    ) -> list[Joined]:
        """Take the next items; the group of each, decided in their order."""
        found: list[Joined] = []
        while (start := len(found)) < len(words):
            due = next_point(self._fitted) - len(self)
            end = min(start + AT_ONCE, start + due, len(words))
            part = None if dense is None else dense[start:end]
            rows = self._take(part, words[start:end])
            found += self.groups.place(rows, self.threshold, bound[start:end])
            if end - start == due:
                self.fit()
        return found

    def fit(self) -> None:
        """Fit the space to the items so far, and choose the threshold from them."""
        count = len(self)
        if count == self._fitted:
            return
        if self._dense is not None:
            dense = np.concatenate(self._dense) if self._dense else None
            known = None if dense is None else _single(dense[:FITTED])
            self._space = Space(known, self._words[:FITTED])
            for at in range(0, count, _CHUNK):
                part = None if dense is None else _single(dense[at : at + _CHUNK])
                self._rows.replace(at, self._space.rows(part, self._words[at : at + _CHUNK]))
            self.groups.sum_up(self._rows)
            if count >= FITTED:
                self._dense, self._words = None, []
        self._threshold = threshold_of(self._rows, count, meaning=self._meaning)
        self._fitted = count

    def better(self, fixed: Fixed) -> dict[int, int]:
        """The new group of each recent item that should change it. Nothing changes here."""
        return regroup.better(self.groups, self._rows, self.threshold, fixed)

    def move(self, changes: Mapping[int, int]) -> None:
        """Put items into other groups, which may be new ones that count on from the last."""
        if changes:
            of = [changes.get(item, group) for item, group in enumerate(self.groups.of)]
            self.groups.set(of, self._rows, max(len(self.groups), max(changes.values()) + 1))

    def nearest(self, item: int, group: int, *, earlier: bool = False) -> Near | None:
        """The one of a group's newest members that an item is most alike, itself left out.

        `earlier`: only those that were there before it.
        """
        members = self.groups.members[group][-_LOOKED_AT:]
        others = [one for one in members if one != item and not (earlier and one > item)]
        if not others:
            return None
        alike = self._rows.some(others) @ self._rows.some([item])[0]
        best = int(alike.argmax())
        return Near(others[best], float(alike[best]))

    def average(self, item: int, group: int) -> float:
        """How alike an item is to the other members of a group on average; 0 without any."""
        row = self._rows.some([item])[0]
        total, size = self.groups.sum_of(group), len(self.groups.members[group])
        if self.groups.of[item] == group:
            total, size = total - row, size - 1
        return float(total @ row) / size if size else 0.0

    def weights(self, stems: Sequence[str]) -> list[float]:
        """How telling words are here."""
        return self._space.weights(stems)

    def likeness(self, one: int, other: int) -> float:
        """How alike two items are."""
        rows = self._rows.some([one, other])
        return float(rows[0] @ rows[1])

    def _take(self, dense: Floats | None, words: Sequence[Words]) -> Floats:
        start = len(self)
        if self._dense is not None:
            self._words += words
            self._dense += [] if dense is None else [dense]
        self._rows.add(self._space.rows(None if dense is None else _single(dense), words))
        return self._rows.part(start, len(self))  # as they are kept, so that sums agree


def _single(dense: Floats) -> Floats:
    return np.asarray(dense, np.float32)
