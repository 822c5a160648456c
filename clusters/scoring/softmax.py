"""Weights that put the right file first: a listwise softmax with a ridge, solved exactly.

The objective is convex, so the result depends on the data alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_STEPS = 60
_SMALL = 1e-6
_HALVINGS = 30

Row = Sequence[float]


@dataclass(frozen=True, slots=True)
class Choice:
    """The candidates of one issue, a row of signals each, and the numbers of the right ones."""

    rows: Sequence[Row]
    right: Sequence[int]


def fit(choices: Sequence[Choice], signs: Sequence[int], ridge: float) -> list[float]:
    """The weights, one for each column; none has another sign than `signs` (1 or -1) asks for."""
    weights = [0.0] * len(signs)
    loss = _loss(choices, weights, ridge)
    for _ in range(_STEPS):
        slope, bend = _derivatives(choices, weights, ridge)
        free = [n for n, sign in enumerate(signs) if weights[n] or sign * slope[n] < 0]
        step = _solve([[bend[i][j] for j in free] for i in free], [-slope[i] for i in free])
        moved, lower = _descend(choices, weights, dict(zip(free, step, strict=True)), signs, ridge)
        if loss - lower < _SMALL:
            break
        weights, loss = moved, lower
    return weights


def _descend(
    choices: Sequence[Choice],
    weights: Row,
    step: dict[int, float],
    signs: Sequence[int],
    ridge: float,
) -> tuple[list[float], float]:
    """The longest of the halved steps that lowers the loss; no step when none does."""
    loss = _loss(choices, weights, ridge)
    for halving in range(_HALVINGS):
        share = 0.5**halving
        moved = [
            sign * max(0.0, sign * (weight + share * step.get(n, 0.0)))
            for n, (weight, sign) in enumerate(zip(weights, signs, strict=True))
        ]
        lower = _loss(choices, moved, ridge)
        if lower < loss:
            return moved, lower
    return list(weights), loss


def _chances(choice: Choice, weights: Row) -> list[float]:
    scores = [_dot(row, weights) for row in choice.rows]
    highest = max(scores)
    powers = [math.exp(score - highest) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def _loss(choices: Sequence[Choice], weights: Row, ridge: float) -> float:
    """The mean surprise at the right files, and the ridge."""
    surprise = 0.0
    for choice in choices:
        chances = _chances(choice, weights)
        surprise -= sum(math.log(chances[n] or 1e-300) for n in choice.right) / len(choice.right)
    return surprise / len(choices) + ridge * _dot(weights, weights) / 2


def _derivatives(
    choices: Sequence[Choice], weights: Row, ridge: float
) -> tuple[list[float], list[list[float]]]:
    width = range(len(weights))
    slope = [ridge * weight for weight in weights]
    bend = [[ridge * (i == j) for j in width] for i in width]
    for choice in choices:
        chances = _chances(choice, weights)
        columns = list(zip(*choice.rows, strict=True))
        means = [_dot(column, chances) for column in columns]
        for i in width:
            right = sum(columns[i][n] for n in choice.right) / len(choice.right)
            slope[i] += (means[i] - right) / len(choices)
            weighted = [chance * value for chance, value in zip(chances, columns[i], strict=True)]
            for j in range(i + 1):
                extra = (_dot(weighted, columns[j]) - means[i] * means[j]) / len(choices)
                bend[i][j] += extra
                bend[j][i] += extra * (i != j)
    return slope, bend


def _solve(matrix: list[list[float]], target: list[float]) -> list[float]:
    """Gauss' elimination; the ridge keeps the matrix from being singular."""
    rows = [[*row, value] for row, value in zip(matrix, target, strict=True)]
    size = range(len(rows))
    for n in size:
        pivot = max(size[n:], key=lambda i: abs(rows[i][n]))
        rows[n], rows[pivot] = rows[pivot], rows[n]
        for i in size:
            if i != n and (factor := rows[i][n] / rows[n][n]):
                rows[i] = [
                    mine - factor * other for mine, other in zip(rows[i], rows[n], strict=True)
                ]
    return [row[-1] / row[n] for n, row in enumerate(rows)]


def _dot(one: Iterable[float], other: Iterable[float]) -> float:
    return sum(mine * theirs for mine, theirs in zip(one, other, strict=True))
