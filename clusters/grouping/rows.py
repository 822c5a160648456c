"""Rows of numbers that come one after the other; in half precision, as there may be many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clusters.embedding.minilm import Floats


class Rows:
    """Grows by half of its size when there is no room."""

    def __init__(self) -> None:
        self._space = np.zeros((0, 0), np.float16)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def width(self) -> int:
        """How many numbers a row has."""
        return self._space.shape[1]

    @property
    def nbytes(self) -> int:
        """The memory that they take, with room to grow."""
        return self._space.nbytes

    def part(self, start: int, end: int) -> Floats:
        """The rows from `start` to before `end`."""
        rows: Floats = self._space[start : min(end, self._count)].astype(np.float32)
        return rows

    def some(self, numbers: Sequence[int] | NDArray[np.int64]) -> Floats:
        """The rows with these numbers."""
        rows: Floats = self._space[np.asarray(numbers)].astype(np.float32)
        return rows

    def add(self, rows: Floats) -> None:
        """Put rows after the last one."""
        needed = self._count + len(rows)
        if needed > len(self._space):
            self.reserve(max(1_024, needed * 3 // 2), rows.shape[1])
        self._space[self._count : needed] = rows
        self._count = needed

    def reserve(self, count: int, width: int) -> None:
        """Make room for so many rows in all."""
        grown = np.zeros((count, width), np.float16)
        if self._count:
            grown[: self._count] = self._space[: self._count]
        self._space = grown

    def replace(self, start: int, rows: Floats) -> None:
        """Put these in the place of the ones from `start` on."""
        self._space[start : start + len(rows)] = rows
