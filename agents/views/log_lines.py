"""Which line of the log a chunk begins with, numbered as the page numbers them."""

from __future__ import annotations

import re
from collections.abc import Iterable

_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")  # they show nothing, so they open no line


def line_after(chunks: Iterable[tuple[str, str]]) -> int:
    """The number of the line that follows these chunks, each a stream and its text.

    A line ends with a newline, and where another stream begins to speak.
    """
    number, unfinished, speaker = 0, False, ""
    for stream, text in chunks:
        if stream != speaker:
            speaker, unfinished = stream, False
        *lines, rest = _ESCAPES.sub("", text).split("\n")
        if lines:
            number += len(lines) - unfinished
            unfinished = False
        if rest and not unfinished:
            number, unfinished = number + 1, True
    return number + 1
