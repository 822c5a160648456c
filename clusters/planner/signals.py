"""How strongly each clue speaks for each file, every signal from 0 to 1."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from clusters.planner.bm25 import bm25
from clusters.planner.clues import Clues, Frame
from clusters.planner.identifiers import terms_of
from clusters.planner.paths import language_of, module_of, name_of, subject_of
from clusters.planner.scan import Facts

_CHECK = 0.3
_BARE_NAME = 0.5  # a file name without a folder, where several files have that name


@dataclass(slots=True)
class Signals:
    """What speaks for one file, and which items say so."""

    facts: Facts
    words: float = 0.0
    title: float = 0.0
    path_words: float = 0.0
    defined_words: float = 0.0
    named: float = 0.0
    module: float = 0.0
    file_name: float = 0.0
    symbols: float = 0.0
    messages: float = 0.0
    frames: float = 0.0
    code_words: float = 0.0
    title_symbols: float = 0.0
    part: float = 0.0  # the best part of the file; see clusters.planner.parts
    part_title: float = 0.0
    tests: float = 0.0  # the best test file of its name
    other_language: float = 0.0
    tested_by: str = ""
    named_by: list[int] = field(default_factory=list)
    trace: Frame | None = None
    trace_items: list[int] = field(default_factory=list)


def read_signals(files: Sequence[Facts], clues: Clues) -> list[Signals]:
    """The signals of each file, in the order given."""
    lengths = [file.length for file in files]
    few = [1] * len(files)  # names and paths are short: their length says nothing
    rows = zip(
        files,
        bm25([f.words for f in files], lengths, clues.words),
        bm25([f.words for f in files], lengths, clues.title_words),
        bm25([f.path_words for f in files], few, clues.words),
        bm25([f.defined_words for f in files], few, clues.words),
        strict=True,
    )
    found = [Signals(*row) for row in rows]
    excerpts = bm25([f.words for f in files], lengths, clues.code_words)
    for signals, share in zip(found, excerpts, strict=True):
        signals.code_words = share
    _add_names(found, clues)
    _add_symbols(found, clues)
    _add_paths(found, clues)
    _add_languages(found)
    return found


def add_tests(found: Sequence[Signals], tests: Sequence[Signals]) -> None:
    """Let each file have the words of the tests, and of the folders of tests, of its name."""
    best: dict[str, Signals] = {}
    for test in tests:
        folder = test.facts.path.rpartition("/")[0].rpartition("/")[2].lower()
        for subject in (subject_of(test.facts.path), folder):
            if subject not in best or test.words > best[subject].words:
                best[subject] = test
    for signals in found:
        name = name_of(signals.facts.path).lower().strip("_")
        if name in best and signals.facts.kind == "code":
            signals.tests, signals.tested_by = best[name].words, best[name].facts.path


def _add_languages(found: Sequence[Signals]) -> None:
    """What is written in a language that the repository hardly uses is seldom meant."""
    code = [signals for signals in found if signals.facts.kind == "code"]
    having = Counter(language_of(signals.facts.path) for signals in code)
    for signals in code:
        share = having[language_of(signals.facts.path)] / max(having.values())
        signals.other_language = 1.0 - share


def _support(items: Sequence[int], clues: Clues) -> float:
    """From almost 0.4 for one report among many up to 1 for all of them."""
    return 0.4 + 0.6 * len(items) / clues.items


def _add_names(found: Sequence[Signals], clues: Clues) -> None:
    for signals in found:
        signals.module = min(1.0, 0.3 * _module_depth(module_of(signals.facts.path), clues.dotted))
        name = name_of(signals.facts.path)
        if len(name) > 3 and all(term in clues.words for term in terms_of(name)):
            signals.file_name = 1.0 if name in clues.names else 0.5


def _module_depth(module: str, dotted: Iterable[str]) -> int:
    """How many names below the top package a dotted name of the reports leads to this module."""
    shapes = {module, module.removeprefix("src.")}
    meant = (s for s in shapes for said in dotted if f"{said}.".startswith(f"{s}."))
    return max((shape.count(".") for shape in meant), default=0)


def _add_symbols(found: Sequence[Signals], clues: Clues) -> None:
    definers = Counter(name for signals in found for name in signals.facts.defined)
    titled = Counter(name for signals in found for name in signals.facts.title_defined)
    holders = Counter(message for signals in found for message in signals.facts.messages)
    for signals in found:
        # A name that many files define points at none of them.
        names = (_support(clues.names[n], clues) / definers[n] for n in signals.facts.defined)
        signals.symbols = min(1.0, sum(names))
        said = clues.title_names
        names = (_support(said[n], clues) / titled[n] for n in signals.facts.title_defined)
        signals.title_symbols = min(1.0, sum(names))
        texts = (_support(clues.messages[m], clues) / holders[m] for m in signals.facts.messages)
        signals.messages = min(1.0, sum(texts))


def _add_paths(found: Sequence[Signals], clues: Clues) -> None:
    by_name: dict[str, list[Signals]] = defaultdict(list)
    for signals in found:
        by_name[signals.facts.path.rsplit("/", 1)[-1]].append(signals)
    for path, items in clues.paths.items():
        for signals in _meant(path, by_name):
            sure = "/" in path or len(by_name[path]) == 1
            strength = (1.0 if sure else _BARE_NAME) * _support(items, clues)
            signals.named = max(signals.named, strength)
            signals.named_by = sorted({*signals.named_by, *items})
    inner: Counter[int] = Counter()
    for frame in clues.frames:
        meant = _meant(frame.path, by_name)
        if len(meant) == 1:
            # Depth among the frames of this repository: those of libraries are not to blame.
            _blame(meant[0], frame, inner[frame.item])
            inner[frame.item] += 1
    for signals in found:
        signals.frames *= _support(signals.trace_items, clues)


def _blame(signals: Signals, frame: Frame, depth: int) -> None:
    strength = 1.0 / (1.0 + 0.5 * depth)
    if frame.line in signals.facts.raising:
        # A check that raises has found something wrong, and seldom is what made it wrong.
        strength *= _CHECK
    if strength > signals.frames:
        signals.frames, signals.trace = strength, frame
    signals.trace_items = sorted({*signals.trace_items, frame.item})


def _meant(said: str, by_name: Mapping[str, Sequence[Signals]]) -> list[Signals]:
    """The files that a path in a report may mean: the longest common end, whole names only."""
    same_name = by_name.get(said.rsplit("/", 1)[-1], ())
    shared = [(_common_end(said, signals.facts.path), signals) for signals in same_name]
    longest = max((length for length, _ in shared), default=0)
    if longest == 1 and "/" in said and len(shared) > 1:
        return []
    return [signals for length, signals in shared if length == longest]


def _common_end(one: str, other: str) -> int:
    length = 0
    for mine, theirs in zip(one.split("/")[::-1], other.split("/")[::-1], strict=False):
        if mine != theirs:
            break
        length += 1
    return length
