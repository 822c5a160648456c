"""What the built-in agent says turn by turn while it corrects the till: a recorded transcript."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.live.faults.till import TEST

TURNS = 16
_SHA = re.compile(r"\b[0-9a-f]{7,40}\b")
Turn = dict[str, Any]


def said(number: int) -> str:
    """The words of one turn."""
    return f"Turn {number:02d}: I look once more."


def _turn(words: str, tool: str = "", **arguments: object) -> Turn:
    calls = [{"tool": tool, "args": arguments}] if tool else []
    return {"say": words, "calls": calls}


def write(path: Path) -> Path:
    """The transcript, for SOULCASTER_TRANSCRIPT."""
    looks = [_turn(said(n), "read_file", path="till.py") for n in range(1, TURNS + 1)]
    half = TURNS // 2
    looks[half:half] = [
        _turn("First a test.", "write_file", path="test_total.py", content=TEST),
        _turn("It is there.", "commit", message="Show that the total is too low"),
    ]
    looks += [
        _turn("Now the sum.", "edit_file", path="till.py", old="sum(cents) - 1", new="sum(cents)"),
        _turn("It is right.", "commit", message="Count every cent"),
        _turn("The total is right now."),
    ]
    path.write_text(json.dumps({"title": "The total is wrong", "rounds": [looks]}))
    return path


def without_shas(text: str) -> str:
    """The same for every job: commits are named after their time."""
    return _SHA.sub("<sha>", text)
