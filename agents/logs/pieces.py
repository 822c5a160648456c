"""Output as it comes becomes chunks of a bounded size. Plain Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

CHUNK = 64 * 1024  # characters


class Piece(NamedTuple):
    """Some text of one stream (a value of `LogChunk.Stream`), and the source it is from, if any."""

    stream: str
    text: str
    source: str = ""


def chunked(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The same text: neighbours of one stream joined, none above CHUNK, cut after line ends."""
    for stream, run in groupby(pieces, key=itemgetter(0)):
        for text in _cut("".join(piece.text for piece in run)):
            yield Piece(stream, text)


def _cut(text: str) -> Iterator[str]:
    begin = 0
    while len(text) - begin > CHUNK:
        end = text.rfind("\n", begin, begin + CHUNK) + 1 or begin + CHUNK
        yield text[begin:end]
        begin = end
    if begin < len(text):
        yield text[begin:]


def cut_to_bytes(text: str, size: int) -> str:
    """The beginning of a text that takes at most `size` bytes."""
    return text.encode()[: max(0, size)].decode(errors="ignore")
