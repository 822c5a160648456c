"""Orders the files of a repository by how likely they have to change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clusters.planner.base import SourceFile
from clusters.planner.clues import Clues
from clusters.planner.paths import name_of
from clusters.planner.scan import scan
from clusters.planner.signals import Signals, read_signals

WEIGHTS = {
    "words": 1.0,
    "title": 0.25,
    "path_words": 0.3,
    "defined_words": 0.3,
    "named": 0.8,
    "module": 0.3,
    "file_name": 0.15,
    "symbols": 0.4,
    "messages": 0.4,
    "frames": 0.5,
}
_NOT_CODE = 0.3  # times the score of documentation, examples and configuration
# Where exceptions and constants are declared, every report's words are found and few causes.
_DECLARATIONS = frozenset({"errors", "exceptions", "constants", "version", "_version"})
_DECLARED = 0.7


@dataclass(frozen=True, slots=True)
class Ranked:
    """A file with its score and what it rests on."""

    score: float
    signals: Signals

    @property
    def path(self) -> str:
        """The file's path in the repository."""
        return self.signals.facts.path


def rank(files: Sequence[SourceFile], clues: Clues) -> tuple[list[Ranked], list[Ranked]]:
    """Files that may have to change and test files that may show it, both best first."""
    facts = scan(files, clues)
    code = _ranked(read_signals([f for f in facts if f.kind != "test"], clues))
    tests = _ranked(read_signals([f for f in facts if f.kind == "test"], clues))
    return code, _beside(tests, code)


def _ranked(found: Sequence[Signals]) -> list[Ranked]:
    ranked = [Ranked(_score(signals), signals) for signals in found]
    return _sorted(one for one in ranked if one.score > 0)


def _sorted(ranked: Iterable[Ranked]) -> list[Ranked]:
    return sorted(ranked, key=lambda one: (-one.score, one.path))


def _score(signals: Signals) -> float:
    total: float = sum(weight * getattr(signals, name) for name, weight in WEIGHTS.items())
    if name_of(signals.facts.path).lower() in _DECLARATIONS:
        total *= _DECLARED
    return total if signals.facts.kind == "code" else total * _NOT_CODE


def _beside(tests: Sequence[Ranked], code: Sequence[Ranked]) -> list[Ranked]:
    """The tests with those first that are named after the best candidates."""
    bonus = {
        name_of(one.path).lower(): 1.0 / (1 + n) for n, one in reversed([*enumerate(code[:5])])
    }
    return _sorted(
        Ranked(test.score + bonus.get(_subject(test.path), 0.0), test.signals) for test in tests
    )


def _subject(path: str) -> str:
    """What a test file is named after: `tests/test_cart.py` after `cart`."""
    name = name_of(path).lower()
    for mark in ("test_", "_test", "_spec", ".test", ".spec", "tests", "test"):
        name = name.removeprefix(mark).removesuffix(mark)
    return name
