"""Learns what each signal of the planner is worth from issues whose fixes are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clusters.planner.base import SourceFile
from clusters.planner.clues import read_clues
from clusters.planner.findings import FILES
from clusters.planner.ranking import signals_of
from clusters.planner.weights import NAMES, SPEAKING_FOR, values
from clusters.scoring.figures import Figures, figures
from clusters.scoring.instances import Instance
from clusters.scoring.softmax import Choice, fit

RIDGE = 0.01
_CANDIDATES = 80  # files of one issue that are compared; the right ones are among them
_TOTAL = 4.0  # what all weights for a file sum up to: scores keep their size
_SIGNS = [1 if name in SPEAKING_FOR else -1 for name in NAMES]

Weights = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Lesson:
    """One issue: its repository, the files that may be meant with their signals, the right ones."""

    repository: str
    gold: frozenset[str]
    paths: Sequence[str]
    rows: Sequence[Sequence[float]]


def lesson_of(instance: Instance, files: Sequence[SourceFile]) -> Lesson:
    """What the planner sees of one issue."""
    found, _ = signals_of(files, read_clues(instance.cluster))
    code = [signals for signals in found if signals.facts.kind == "code"]
    rows = {signals.facts.path: values(signals) for signals in code}
    # A choice that no weights enter, so that no fit has seen what it is measured on.
    order = sorted(rows, key=lambda path: (-sum(rows[path]), path))
    kept = [path for n, path in enumerate(order) if n < _CANDIDATES or path in instance.gold]
    return Lesson(instance.repository, instance.gold, kept, [rows[path] for path in kept])


def learn(lessons: Sequence[Lesson], ridge: float = RIDGE) -> dict[str, float]:
    """The weights by the names of the signals, scaled."""
    choices = [choice for lesson in lessons if (choice := _choice(lesson)).right]
    found = fit(choices, _SIGNS, ridge) if choices else [0.0] * len(NAMES)
    scale = _TOTAL / (sum(max(weight, 0.0) for weight in found) or 1.0)
    return {name: round(scale * weight, 3) for name, weight in zip(NAMES, found, strict=True)}


def left_out(lessons: Sequence[Lesson], ridge: float = RIDGE) -> Figures:
    """The figures when the weights for each repository are learnt from all the others."""
    lists = []
    for repository in sorted({lesson.repository for lesson in lessons}):
        rest = [lesson for lesson in lessons if lesson.repository != repository]
        weights = learn(rest, ridge)
        mine = (lesson for lesson in lessons if lesson.repository == repository)
        lists += [(_order(lesson, weights), lesson.gold) for lesson in mine]
    return figures(lists)


def fitted(lessons: Sequence[Lesson], weights: Weights) -> Figures:
    """The figures of given weights, on whatever they were learnt from."""
    return figures([(_order(lesson, weights), lesson.gold) for lesson in lessons])


def _choice(lesson: Lesson) -> Choice:
    right = [number for number, path in enumerate(lesson.paths) if path in lesson.gold]
    return Choice(lesson.rows, right)


def _order(lesson: Lesson, weights: Weights) -> list[str]:
    row = [weights[name] for name in NAMES]
    scores = {
        path: sum(weight * value for weight, value in zip(row, values, strict=True))
        for path, values in zip(lesson.paths, lesson.rows, strict=True)
    }
    return sorted(scores, key=lambda path: (-scores[path], path))[:FILES]
