"""Well-known shapes of tokens, found although nobody told us the token. Plain Python.

Only within one line. `finished` gives what is a token for certain, `unfinished` where the end of
a text may be the beginning of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Shape:
    """A literal beginning and a run of characters of a class."""

    prefix: str
    body: str
    least: int
    most: int = 255
    # An ordinary word may end like the prefix ("task-"): then only at the start of a word.
    whole_word: bool = False

    def finished(self) -> str:
        before = f"(?<![A-Za-z0-9]{self.prefix})" if self.whole_word else ""
        return f"{self.prefix}{before}{self.body}{{{self.least},{self.most}}}"

    def unfinished(self) -> str:
        starts = [re.escape(self.prefix[:size]) for size in range(1, len(self.prefix))]
        return "|".join([*starts, f"{self.prefix}{self.body}{{0,{self.most - 1}}}"])


_WORD, _DASHED = "[A-Za-z0-9_]", "[A-Za-z0-9_-]"
_SHAPES = [
    *(_Shape(f"gh{kind}_", _WORD, 20) for kind in "pousr"),
    _Shape("github_pat_", _WORD, 20),
    _Shape("sk-ant-", _DASHED, 16),
    _Shape("sk-", _DASHED, 20, whole_word=True),
    *(_Shape(f"xox{kind}-", "[A-Za-z0-9-]", 10) for kind in "abeoprs"),
    _Shape("glpat-", _DASHED, 16),
    _Shape("AKIA", "[A-Z0-9]", 16, 16),
    _Shape("ASIA", "[A-Z0-9]", 16, 16),
    _Shape("AIza", _DASHED, 35, 35),
]
_NAME, _PASSWORD = r"[^\s/@:\"'<>`]", r"[^\s/\"'<>`]"
_TOKEN = re.compile("|".join(shape.finished() for shape in _SHAPES))
_URL = re.compile(f"://({_NAME}{{0,1024}}:{_PASSWORD}{{1,1024}})@")
_UNFINISHED = re.compile(
    rf"(?:{'|'.join(shape.unfinished() for shape in _SHAPES)}"
    rf"|:(?:/(?:/{_PASSWORD}{{0,2050}})?)?)\Z"
)
CONTEXT = 4  # characters before a piece of text that decide whether a shape begins in it
_LONGEST = 2060


def finished(text: str, begin: int) -> Iterator[Span]:
    """Tokens that start at `begin` or later; the text before it is only looked at."""
    # Hardly any text has one, and to look for plain words is far faster.
    if any(shape.prefix in text for shape in _SHAPES):
        for match in _TOKEN.finditer(text, begin):
            yield match.span()
    for match in _URL.finditer(text, max(0, begin - len("://"))):
        yield match.span(1)


def unfinished(text: str, begin: int) -> int:
    """Where the earliest token starts that more text could complete; the text's length if none."""
    match = _UNFINISHED.search(text, max(begin, len(text) - _LONGEST))
    return match.start() if match else len(text)
