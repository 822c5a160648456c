"""Orders the files of a repository by how likely they have to change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clusters.planner.base import SourceFile
from clusters.planner.clues import Clues
from clusters.planner.coverage import Cover, covers
from clusters.planner.parts import add_parts
from clusters.planner.paths import name_of
from clusters.planner.scan import scan
from clusters.planner.signals import Signals, add_tests, read_signals
from clusters.planner.weights import total

_NOT_CODE = 0.3  # times the score of documentation, examples and configuration
# Where exceptions and constants are declared, every report's words are found and few causes.
_DECLARATIONS = frozenset({"errors", "exceptions", "constants", "version", "_version"})
_DECLARED = 0.7
# A check that raises has the report's words because it wrote them: it seldom is the cause.
_CHECKED = 0.8
_COVERED = 5  # candidates that tests are looked for
# How much a test says about the first candidate; about the second half of it, and so on.
_COVERING = {"named": 1.0, "imports": 0.7, "uses": 0.5}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A file with its score and what it rests on; `cover` is for tests."""

    score: float
    signals: Signals
    cover: Cover | None = None

    @property
    def path(self) -> str:
        """The file's path in the repository."""
        return self.signals.facts.path


def rank(files: Sequence[SourceFile], clues: Clues) -> tuple[list[Ranked], list[Ranked]]:
    """Files that may have to change and test files that may show it, both best first."""
    found, tests = signals_of(files, clues)
    ranked = _ranked(found)
    return ranked, _beside(_ranked(tests), ranked, files)


def signals_of(files: Sequence[SourceFile], clues: Clues) -> tuple[list[Signals], list[Signals]]:
    """What speaks for each file that is no test, and for each test."""
    facts = scan(files, clues)
    found = read_signals([f for f in facts if f.kind != "test"], clues)
    tests = read_signals([f for f in facts if f.kind == "test"], clues)
    add_tests(found, tests)
    add_parts(found, {file.path: file.text for file in files}, clues)
    return found, tests


def _ranked(found: Sequence[Signals]) -> list[Ranked]:
    ranked = [Ranked(_score(signals), signals) for signals in found]
    return _sorted(one for one in ranked if one.score > 0)


def _sorted(ranked: Iterable[Ranked]) -> list[Ranked]:
    return sorted(ranked, key=lambda one: (-one.score, one.path))


def _score(signals: Signals) -> float:
    score = total(signals)
    if name_of(signals.facts.path).lower() in _DECLARATIONS:
        score *= _DECLARED
    if signals.facts.raising:
        score *= _CHECKED
    return score if signals.facts.kind == "code" else score * _NOT_CODE


def _beside(
    tests: Sequence[Ranked], ranked: Sequence[Ranked], files: Sequence[SourceFile]
) -> list[Ranked]:
    """The tests with those first that cover the best candidates."""
    code = [one.signals for one in ranked if one.signals.facts.kind == "code"]
    found = covers([test.signals for test in tests], code, _COVERED, files)
    return _sorted(
        Ranked(test.score + max(map(_bonus, mine), default=0.0), test.signals, _best(mine))
        for test, mine in zip(tests, found, strict=True)
    )


def _bonus(cover: Cover) -> float:
    return _COVERING[cover.how] / (1 + cover.place)


def _best(found: Sequence[Cover]) -> Cover | None:
    return max(found, key=_bonus, default=None)
