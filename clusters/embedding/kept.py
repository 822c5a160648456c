"""What is kept of a text, so that it can be compared without reading it again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from clusters.embedding.hashed import WORD, Words, counted
from clusters.embedding.minilm import DIMENSIONS, Floats, MiniLM

TEXT_LIMIT = 4_000  # characters; what a report is about is said at its start
VERSION = 1  # of what is made of a text; another one's rows are made anew
_MEANING = DIMENSIONS * 2  # bytes: half precision


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of texts: their meaning, None without an encoder, and each one's telling words."""

    dense: Floats | None
    words: list[Words]


def name_of(encoder: MiniLM | None) -> str:
    """What made a row, with its version."""
    return f"{encoder.name if encoder else 'words'}-{VERSION}"


def pack(texts: Sequence[str], encoder: MiniLM | None) -> list[bytes]:
    """One row for each text: its meaning as float16, little endian, then its words."""
    texts = [text[:TEXT_LIMIT] for text in texts]
    words = [counted(text).tobytes() for text in texts]
    if encoder is None:
        return words
    unique = list(dict.fromkeys(texts))
    dense = dict(zip(unique, encoder.embed(unique).astype("<f2"), strict=True))
    return [dense[text].tobytes() + own for text, own in zip(texts, words, strict=True)]


def unpack(rows: Iterable[bytes | memoryview], *, meaning: bool) -> Kept:
    """What `pack` made; with `meaning`, an encoder was there."""
    found = [bytes(row) for row in rows]
    start = _MEANING if meaning else 0
    words = [np.frombuffer(row, WORD, offset=start) for row in found]
    if not meaning:
        return Kept(None, words)
    joined = b"".join([row[:_MEANING] for row in found])
    return Kept(np.frombuffer(joined, "<f2").reshape(len(found), DIMENSIONS), words)
