"""Which item is in which group, and to which one a new item belongs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from clusters.embedding.minilm import Floats
from clusters.grouping.rows import Rows

_CHUNK = 4_096  # rows


@dataclass(frozen=True, slots=True)
class Bound:
    """Where an item belongs for certain: to the group of an earlier item, or to a group."""

    item: int | None = None
    group: int | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """The group of a new item, and how alike it is to that group's members on average.

    None for what was bound, and for the first of a group. `threshold` is what it had to reach.
    """

    group: int
    average: float | None = None
    threshold: float | None = None


class Groups:
    """The group of each item, and the sum of each group's rows; groups may be empty or closed."""

    def __init__(self) -> None:
        self.of: list[int] = []
        self.members: list[list[int]] = []
        self._sums = np.zeros((0, 0), np.float32)
        self._sizes = np.zeros(0, np.float32)
        self._closed = np.zeros(0, np.bool_)

    def __len__(self) -> int:
        return len(self.members)

    def open(self, width: int) -> int:
        """The number of a new group without members."""
        self._reserve(len(self) + 1, width)
        self.members.append([])
        return len(self) - 1

    def close(self, closed: Iterable[int]) -> None:
        """From now on nothing joins these groups by likeness; all others are open."""
        self._closed[:] = False
        self._closed[list(closed)] = True

    def place(
        self, rows: Floats, threshold: float, bound: Sequence[Bound | None] = ()
    ) -> list[Joined]:
        """The next items, in order: each joins the group that it is most alike, or opens one."""
        before = len(self)
        self._reserve(before + len(rows), rows.shape[1])
        totals = rows @ self._sums[:before].T  # to the groups as they were before these items
        changed: list[int] = []
        found: list[Joined] = []
        for number, (row, total) in enumerate(zip(rows, totals, strict=True)):
            total[changed] = self._sums[changed] @ row
            where = bound[number] if bound else None
            joined = self._taken(where) if where else self._best(row, total, before, threshold)
            self._join(joined.group, row)
            if joined.group < before:
                changed.append(joined.group)
            found.append(joined)
        return found

    def set(self, of: Sequence[int], rows: Rows, count: int) -> None:
        """Everything anew: the group of each item, of `count` groups."""
        self.of = list(of)
        self.members = [[] for _ in range(count)]
        for item, group in enumerate(self.of):
            self.members[group].append(item)
        self.sum_up(rows)

    def sum_up(self, rows: Rows) -> None:
        """The sums anew, when the rows are others."""
        self._reserve(len(self), rows.width)
        self._sums[:] = 0
        self._sizes[:] = 0
        of = np.array(self.of, np.int64)
        for start in range(0, len(of), _CHUNK):
            part = of[start : start + _CHUNK]
            order = np.argsort(part, kind="stable")
            groups, first = np.unique(part[order], return_index=True)
            added = rows.part(start, start + _CHUNK)[order]
            self._sums[groups] += np.add.reduceat(added, first, axis=0)
        self._sizes[: len(self)] = np.bincount(of, minlength=len(self))

    def sum_of(self, group: int) -> Floats:
        """The sum of a group's rows."""
        total: Floats = self._sums[group]
        return total

    @property
    def nbytes(self) -> int:
        """What the sums take."""
        return self._sums.nbytes

    def _taken(self, bound: Bound) -> Joined:
        if bound.group is not None:
            return Joined(bound.group)
        assert bound.item is not None  # one of the two is set
        return Joined(self.of[bound.item])

    def _best(self, row: Floats, old: Floats, before: int, threshold: float) -> Joined:
        count = len(self)
        if count:
            new = self._sums[before:count] @ row
            means = np.concatenate((old, new)) / np.maximum(self._sizes[:count], 1)
            means[self._closed[:count] | (self._sizes[:count] == 0)] = -1
            group = int(means.argmax())
            if means[group] >= threshold:
                return Joined(group, float(means[group]), threshold)
        return Joined(self.open(len(row)), None, threshold)

    def _join(self, group: int, row: Floats) -> None:
        self._sums[group] += row
        self._sizes[group] += 1
        self.members[group].append(len(self.of))
        self.of.append(group)

    def _reserve(self, count: int, width: int) -> None:
        there = len(self._sizes)
        if count > there or self._sums.shape[1] != width:
            grown = max(1_024, count * 3 // 2)
            sums, sizes = np.zeros((grown, width), np.float32), np.zeros(grown, np.float32)
            closed = np.zeros(grown, np.bool_)
            closed[:there] = self._closed
            if self._sums.shape[1] == width:  # else there were no items yet
                sums[:there], sizes[:there] = self._sums, self._sizes
            self._sums, self._sizes, self._closed = sums, sizes, closed
