"""What a report says about other reports: "duplicate of #12", an issue's address, SHOP-1A2."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_READ = 10_000  # characters
_MOST = 40  # references of one text
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]{1,300}`", re.DOTALL)
_REFERENCE = re.compile(
    r"(?P<url>https?://[^\s<>()\[\]\"'`]{4,500})"
    r"|(?<![\w/&#])#(?P<number>[1-9]\d{0,6})(?![\w-])"
    r"|(?<![\w-])(?P<short>[A-Z][A-Z0-9_]{1,39}(?:-[A-Z0-9_]{1,40}){1,3})(?![\w-])"
)
_SAME = re.compile(
    r"(?:\b(?:duplicates?|dup(?:e|licate)?s? ?(?:of|:)|same (?:as|issue as|bug as|problem as)"
    r"|(?:already )?(?:reported|tracked|filed) (?:as|in|under|at|here)) ?:?\s*(?:of |issue |bug )?)$",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"(?:\bnot\b|n't\b|\bunlike\b|\bunrelated to\b|\bdifferent (?:from|than|to)\b|\brather than\b)"
    r"[^.!?\n]{0,40}$",
    re.IGNORECASE,
)
_BEFORE = 60  # characters that say what a reference is for


@dataclass(frozen=True, slots=True)
class Link:
    """One reference: an issue's number, an address, or a short name; exactly one of them.

    `certain`: the text says that it is the same matter.
    """

    number: int | None = None
    url: str = ""
    short: str = ""
    certain: bool = False


def links(text: str) -> list[Link]:
    """What the text refers to, in order; what it says to be another matter is left out."""
    return list(dict.fromkeys(_references(_CODE.sub(" ", text[:_READ]))))


def plain_url(url: str) -> str:
    """An address without what does not change where it leads."""
    return url.split("#", 1)[0].split("?", 1)[0].rstrip("/.,;:!)")


def _references(text: str) -> Iterator[Link]:
    for count, match in enumerate(_REFERENCE.finditer(text)):
        if count == _MOST:
            return
        before = text[max(0, match.start() - _BEFORE) : match.start()]
        if _NOT.search(before):
            continue
        certain = bool(_SAME.search(before))
        if match["number"]:
            yield Link(number=int(match["number"]), certain=certain)
        elif match["url"]:
            yield Link(url=plain_url(match["url"]), certain=certain)
        else:
            yield Link(short=match["short"], certain=certain)
