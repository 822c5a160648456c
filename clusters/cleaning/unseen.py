"""Characters that nobody sees: they carry instructions that a model reads and a person does not."""

from __future__ import annotations

import re

from clusters.cleaning.base import Removal

# Zero-width and direction marks, the tag block, variation selectors beyond emoji style, fillers
# that render as nothing. Lone surrogates (JSON can spell them) cannot be stored as UTF-8.
UNSEEN = re.compile(
    "["
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "]"
)
_KINDS = (
    ("direction marks", re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")),
    ("tag characters", re.compile("[\U000e0000-\U000e0fff]")),
    ("zero-width characters", re.compile("[\u034f\u180b-\u180f\u200b-\u200d\u2060-\u2065\ufeff]")),
    ("soft hyphens", re.compile("\u00ad")),
)
_TAGS = re.compile("[\U000e0020-\U000e007e]+")
_FLAG = "\U0001f3f4"  # the flags of England, Scotland and Wales are spelt with tag characters


def take_out(text: str) -> tuple[str, list[Removal]]:
    """The text as people see it, and which characters were removed from it."""
    if not UNSEEN.search(text):
        return text, []
    removed = "".join(UNSEEN.findall(text))
    removals = []
    for what, pattern in _KINDS:
        count = len(pattern.findall(removed))
        if count:
            removals.append(Removal(what, count))
        removed = pattern.sub("", removed)
    if removed:
        removals.append(Removal("control characters", len(removed)))
    return UNSEEN.sub("", text), removals


def spelt_in_tags(text: str) -> str:
    """What invisible tag characters spell in ASCII; the regional flags apart."""
    runs = (match for match in _TAGS.finditer(text) if text[match.start() - 1] != _FLAG)
    return " ".join("".join(chr(ord(char) - 0xE0000) for char in match[0]) for match in runs)
