"""Which item is in which group, and what it takes to decide that."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from clusters.embedding.minilm import Floats
from clusters.grouping.average import linked
from clusters.grouping.rows import Rows

WINDOW = 5_000  # the newest items, which a refinement may move
_CHUNK = 4_096  # rows


@dataclass(frozen=True, slots=True)
class Fixed:
    """What people decided: pairs of item numbers that belong together, or do not."""

    together: Sequence[tuple[int, int]] = ()
    apart: Sequence[tuple[int, int]] = ()


class Groups:
    """The group of each item, and the sum of each group's rows; groups may become empty."""

    def __init__(self) -> None:
        self.of: list[int] = []
        self._sums = np.zeros((0, 0), np.float32)
        self._sizes = np.zeros(0, np.float32)
        self._count = 0

    def place(self, rows: Floats, threshold: float) -> list[int]:
        """The next items, in order: each joins the group that it is most alike, or opens one."""
        before = self._count
        self._reserve(before + len(rows), rows.shape[1])
        totals = rows @ self._sums[:before].T  # to the groups as they were before these items
        changed: list[int] = []
        found: list[int] = []
        for row, total in zip(rows, totals, strict=True):
            total[changed] = self._sums[changed] @ row
            found.append(self._join(row, total, before, threshold))
            if found[-1] < before:
                changed.append(found[-1])
        self.of += found
        return found

    def _join(self, row: Floats, old: Floats, before: int, threshold: float) -> int:
        new = self._sums[before : self._count] @ row
        means = np.concatenate((old, new)) / np.maximum(self._sizes[: self._count], 1)
        group = int(means.argmax()) if self._count else 0
        if not self._count or means[group] < threshold:
            group = self._count
            self._count += 1
        self._sums[group] += row
        self._sizes[group] += 1
        return group

    def regroup(self, rows: Rows, threshold: float, fixed: Fixed) -> None:
        """The newest items find their groups anew, each beginning with what is older of a group."""
        first = max(0, len(self.of) - WINDOW)
        recent = range(first, len(self.of))
        nodes = _nodes(self.of, first, fixed)
        sums, sizes = _sums(nodes, rows)
        old = sum(node[0] < first for node in nodes)
        place = {item: number for number, node in enumerate(nodes) for item in node}
        apart = [(place[a], place[b]) for a, b in fixed.apart if a in place and b in place]
        roots = linked(sums, sizes, threshold, apart, old)
        members: dict[int, list[int]] = defaultdict(list)
        for node, root in zip(nodes, roots, strict=True):
            members[root] += node
        self._name(members.values(), recent)
        self._count = max(self.of, default=-1) + 1
        self._sum_up(rows)

    def _name(self, found: Iterable[list[int]], recent: range) -> None:
        """Each group keeps the number that most of its members had, as far as it is free."""
        taken = {self.of[item] for item in range(recent.start)}
        fresh = self._count
        for group in sorted(found, key=lambda items: (items[0] >= recent.start, -len(items))):
            if group[0] < recent.start:
                name = self.of[group[0]]
            else:
                name = Counter(self.of[item] for item in group).most_common(1)[0][0]
                if name in taken:
                    name, fresh = fresh, fresh + 1
            taken.add(name)
            for item in group:
                self.of[item] = name

    def _sum_up(self, rows: Rows) -> None:
        self._sums[:] = 0
        self._sizes[:] = 0
        self._reserve(self._count, rows.width)
        of = np.array(self.of)
        for start in range(0, len(of), _CHUNK):
            np.add.at(self._sums, of[start : start + _CHUNK], rows.part(start, start + _CHUNK))
        self._sizes[: self._count] = np.bincount(of, minlength=self._count)

    def _reserve(self, count: int, width: int) -> None:
        if count > len(self._sizes):
            grown = max(1_024, count * 3 // 2)
            sums = np.zeros((grown, width), np.float32)
            sizes = np.zeros(grown, np.float32)
            if self._count:
                sums[: len(self._sizes)], sizes[: len(self._sizes)] = self._sums, self._sizes
            self._sums, self._sizes = sums, sizes


def _nodes(of: Sequence[int], first: int, fixed: Fixed) -> list[list[int]]:
    """What may be moved: each recent item, or those that people put together.

    Before them comes, for each group with recent items, what it has of older ones.
    """
    groups = set(of[first:])
    older: dict[int, list[int]] = defaultdict(list)
    for item in range(first):
        if of[item] in groups:
            older[of[item]].append(item)
    single = {item: [item] for item in range(first, len(of))}
    for one, other in fixed.together:
        node, drop = single.get(min(one, other)), single.get(max(one, other))
        if node is not None and drop is not None and node is not drop:
            node += drop
            single.update(dict.fromkeys(drop, node))
    unique = {id(node): node for node in single.values()}
    return [*older.values(), *unique.values()]


def _sums(nodes: Sequence[Sequence[int]], rows: Rows) -> tuple[Floats, list[int]]:
    sums = np.stack([rows.some(node).sum(axis=0) for node in nodes])
    return sums, [len(node) for node in nodes]
