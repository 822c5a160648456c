"""Stack traces and logs without what differs from run to run."""

from __future__ import annotations

import re

_RULES = (
    # Times: 2024-05-01T10:00:00.123Z, 10:00:00,123
    (r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?", " "),
    (r"\b\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\b", " "),
    # Ids and addresses
    (r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", " "),
    (r"\b0x[0-9a-f]{2,16}\b", " "),
    (r"\b(?=[a-f]{0,64}\d)[0-9a-f]{12,64}\b", " "),
    (r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b", " "),
    (r"\b(?:pid|tid|thread|request[_ -]?id|id)[=: ]{1,2}\d{2,20}\b", " "),
    # Frames: File "/srv/app/main.py", line 14, in run -> File main.py in run
    (r'\bFile "(?:[^"\n]{0,300}[/\\])?([^"/\\\n]{1,120})", line \d+,?', r"File \1"),
    (r"([\w$-]{1,80}\.\w{1,8}):\d{1,7}(?::\d{1,7})?\b", r"\1"),
    (r"\bline \d{1,7}(?:,? col(?:umn)? \d{1,7})?\b", "line"),
    # Where somebody's files lie
    (r"(?:/home/|/Users/|[a-z]:\\Users\\)[\w.-]{1,64}[/\\]", ""),
    (r"\b\d{6,20}\b", " "),
)
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), to) for pattern, to in _RULES)
_DIGIT = re.compile(r"\d")


def normal(text: str) -> str:
    """The text without addresses, line numbers, ids, times and home directories."""
    if not _DIGIT.search(text):
        return text
    for pattern, to in _PATTERNS:
        text = pattern.sub(to, text)
    return text
