"""The end of a log as plain text, for pages before any script runs. Plain Python."""

from __future__ import annotations

import re
from collections.abc import Iterable

LINES = 500
_WIDTH = 1000  # characters of a line that are shown
_MOST = 48 * 1024  # characters in all
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, cursor movements
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"  # titles, links, the clipboard
    r"|\x1b[ -/]*[0-~]?"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def last_lines(texts: Iterable[str], count: int = LINES) -> list[str]:
    """The last lines of a text in pieces: no escapes, progress folded to its last state."""
    lines = "".join(texts).replace("\r\n", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()
    shown: list[str] = []
    room = _MOST
    for line in reversed(lines[-count:]):
        text = _plain(line)[:_WIDTH]
        room -= len(text) + 1
        if room < 0:
            break
        shown.append(text)
    shown.reverse()
    return shown


def _plain(line: str) -> str:
    last_state = line.rstrip("\r").rpartition("\r")[2]
    return _CONTROLS.sub("", _ESCAPES.sub("", last_state))
