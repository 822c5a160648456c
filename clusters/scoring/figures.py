"""How good ordered lists of files are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

DEPTHS = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class Figures:
    """`accuracy`: the percentage of lists with every gold file within the first 1, 5 and 10.

    `reciprocal` is the mean of 1 / place of the first gold file, 0 where none is listed.
    """

    count: int
    accuracy: tuple[float, ...]
    reciprocal: float

    def __str__(self) -> str:
        shares = "/".join(f"{share:.1f}" for share in self.accuracy)
        return f"acc@{'/'.join(map(str, DEPTHS))} {shares}, MRR {self.reciprocal:.3f}"


def figures(lists: Sequence[tuple[Sequence[str], Collection[str]]]) -> Figures:
    """The figures of pairs of a list, best first, and the gold files, of which there are some."""
    count = len(lists)
    hits = [sum(set(gold) <= set(files[:depth]) for files, gold in lists) for depth in DEPTHS]
    total = sum(_reciprocal(files, gold) for files, gold in lists)
    return Figures(count, tuple(100 * hit / max(count, 1) for hit in hits), total / max(count, 1))


def _reciprocal(files: Sequence[str], gold: Collection[str]) -> float:
    return next((1 / place for place, path in enumerate(files, 1) if path in gold), 0.0)
