"""Strangers' text in a prompt: marked as data, in a fence that the text itself cannot close."""

from __future__ import annotations

import re

_RUNS = re.compile(r"`+")
# Not printed by any terminal, but read by a model: a place to hide instructions.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """The text without control and zero-width characters; newlines and tabs stay."""
    return _HIDDEN.sub("", text.replace("\r\n", "\n"))


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, the middle left out: both ends of an output are telling."""
    if len(text) <= limit:
        return text
    head = limit * 2 // 3
    tail = limit - head
    return f"{text[:head]}\n[... {len(text) - limit} characters left out ...]\n{text[-tail:]}"


def fence(text: str, label: str = "text") -> str:
    """`text` between backticks, more of them than stand together anywhere inside."""
    longest = max((len(run) for run in _RUNS.findall(text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{label}\n{text}\n{ticks}"
