"""Which tests exercise which candidate: by name, by import, by what they call."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from clusters.planner.base import SourceFile
from clusters.planner.paths import kind_of, name_of, subject_of
from clusters.planner.signals import Signals

_TEXT = 200_000  # characters of a test file
# A line that brings in another file, in the languages that are read. Bounded: lines may be long.
_IMPORT = re.compile(
    r"^[ \t]*(?:from|import|use|using|require\w{0,9}|#[ \t]{0,3}include|@testable|alias"
    r"|(?:const|let|var)\b[^\n]{0,200}\brequire)\b[^\n]{0,300}",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Cover:
    """A test exercises the candidate `path`, the `place`-th best from 0, by the name `name`."""

    path: str
    place: int
    how: Literal["named", "imports", "uses"]
    name: str


def covers(
    tests: Sequence[Signals], code: Sequence[Signals], limit: int, files: Sequence[SourceFile]
) -> list[list[Cover]]:
    """For each test how it covers the first `limit` files of code."""
    texts = {file.path: file.text for file in files}
    namesakes = Counter(name_of(path) for path in texts if kind_of(path) == "code")
    wanted = [(place, signals, namesakes) for place, signals in enumerate(code[:limit])]
    return [
        [cover for one in wanted for cover in _covers(test, texts[test.facts.path][:_TEXT], *one)]
        for test in tests
    ]


def _covers(
    test: Signals, text: str, place: int, signals: Signals, namesakes: Counter[str]
) -> Iterator[Cover]:
    path = signals.facts.path
    name = name_of(path)
    if subject_of(test.facts.path) == name.lower().strip("_"):
        yield Cover(path, place, "named", name)
    if len(name) > 2 and name in text and _imports(text, path, alone=namesakes[name] == 1):
        yield Cover(path, place, "imports", name)
    for defined in sorted(signals.facts.defined | signals.facts.title_defined):
        if defined in text and re.search(rf"(?<!\w){re.escape(defined)}(?!\w)", text):
            yield Cover(path, place, "uses", defined)
            return


def _imports(text: str, path: str, *, alone: bool) -> bool:
    """Whether a line imports the file; its name has to follow its folder's unless it is `alone`."""
    name = re.escape(name_of(path))
    folders = path.rsplit(
        "/", 2 if path.rsplit("/", 1)[-1].startswith(("__init__.", "index.")) else 1
    )
    parent = folders[0].rsplit("/", 1)[-1] if len(folders) > 1 else ""
    before = "" if alone or not parent else rf"(?<!\w){re.escape(parent)}(?!\w).{{0,80}}"
    wanted = re.compile(rf"{before}(?<!\w){name}(?!\w)")
    return any(wanted.search(line) for line in _IMPORT.findall(text))
