"""A log as plain text: its end for pages before any script runs, all of it for downloads.

Plain Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

LINES = 500
_WIDTH = 1000  # characters of a line that are shown
_MOST = 48 * 1024  # characters in all
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, cursor movements
    r"|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)"  # titles, links, the clipboard
    r"|\x1b[ -/]*[0-~]?"
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b\n]*\x1b?|[ -/]*)?\Z")
_CARRY = 4096  # characters of an escape that is not finished yet
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_CONTROLS_IN_LINES = re.compile(_CONTROLS.pattern.replace(r"\x0b-\x1f", r"\x0b\x0c\x0e-\x1f"))


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


def without_codes(texts: Iterable[str]) -> Iterator[str]:
    """A text in pieces without colours and other escapes, also those that two pieces share.

    Line ends and carriage returns stay as they are.
    """
    carry = ""
    for text in texts:
        whole = carry + text
        begun = _UNFINISHED.search(whole, max(0, len(whole) - _CARRY))
        end = begun.start() if begun else len(whole)
        carry = whole[end:]
        yield _without_codes(whole[:end])
    yield _without_codes(carry)


def _without_codes(text: str) -> str:
    return _CONTROLS_IN_LINES.sub("", _ESCAPES.sub("", text))


def _plain(line: str) -> str:
    last_state = line.rstrip("\r").rpartition("\r")[2]
    return _CONTROLS.sub("", _ESCAPES.sub("", last_state))
