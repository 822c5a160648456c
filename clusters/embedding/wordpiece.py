"""Cuts text into the word pieces that the language model was trained on (uncased BERT)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

_UNKNOWN, _START, _END = 100, 101, 102
_LONGEST_WORD = 100  # characters; a longer one is no word
_READ = 12  # characters for each piece wanted; cutting more text than can be used is waste
# A word, or one sign: ideographs stand alone as well.
_PART = re.compile(r"[^\W_\u3400-\u9fff\uf900-\ufaff]+|[^\s]")


class WordPieces:
    """The vocabulary of a model, one piece to a line in the order of the numbers."""

    def __init__(self, vocabulary: Path) -> None:
        lines = vocabulary.read_text(encoding="utf-8").split("\n")
        self._numbers = {piece: number for number, piece in enumerate(lines) if piece}
        self._cut = lru_cache(maxsize=50_000)(self._pieces)

    def encode(self, text: str, longest: int) -> Sequence[int]:
        """The numbers of a text's pieces, at most `longest`, with the marks of start and end."""
        found = [_START]
        for part in _PART.findall(_plain(text[: longest * _READ])):
            found.extend(self._cut(part))
            if len(found) >= longest:
                break
        return [*found[: longest - 1], _END]

    def _pieces(self, word: str) -> tuple[int, ...]:
        """The longest known pieces from the left; one unknown mark when that does not work out."""
        found: list[int] = []
        start = 0
        while start < len(word) <= _LONGEST_WORD:
            end = len(word)
            while end > start and self._piece(word, start, end) not in self._numbers:
                end -= 1
            if end == start:
                return (_UNKNOWN,)
            found.append(self._numbers[self._piece(word, start, end)])
            start = end
        return tuple(found) or (_UNKNOWN,)

    @staticmethod
    def _piece(word: str, start: int, end: int) -> str:
        return f"##{word[start:end]}" if start else word[start:end]


def _plain(text: str) -> str:
    """Lower case and without accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFD", text.lower())
    return "".join(sign for sign in apart if unicodedata.category(sign) not in {"Mn", "Cf"})
