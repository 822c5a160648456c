"""The lines that a unified diff adds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class AddedLine:
    """One added line; `number` counts from 1 in the new file."""

    path: str
    number: int
    text: str


def added_lines(diff: str) -> Iterator[AddedLine]:
    """Every added line of git's unified diff.

    The lengths of hunks are counted, because an added line may look like a header itself.
    """
    path, number, old, new = "", 0, 0, 0
    for line in diff.split("\n"):
        if old <= 0 and new <= 0:
            hunk = _HUNK.match(line)
            if line.startswith("+++ "):
                path = _path(line[4:])
            elif hunk:
                old, number, new = int(hunk[1] or 1), int(hunk[2]), int(hunk[3] or 1)
        elif line.startswith("+"):
            yield AddedLine(path, number, line[1:])
            number, new = number + 1, new - 1
        elif line.startswith("-"):
            old -= 1
        elif not line.startswith("\\"):
            number, old, new = number + 1, old - 1, new - 1


def _path(text: str) -> str:
    return text.rstrip("\t").strip('"').removeprefix("b/")
