"""HTML and Markdown that the page it was written on does not show. Code is left as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clusters.cleaning.base import KEPT, Removal

_OPEN = re.compile(
    r"(?P<fence>^[ \t]{0,3}(?P<marks>`{3,}|~{3,}))"
    r"|(?P<code>`+)"
    r"|(?P<comment><!--)"
    r"|(?P<reference>^\[[^\]\n]{0,60}\]:[ \t]{0,4}(?:#|<>)[ \t]{1,4}[(\"'][^\n]{0,4000}$)"
    r"|<(?P<tag>[a-z][a-z0-9]{0,15})(?P<attributes>\s[^<>]{0,600})>",
    re.MULTILINE | re.IGNORECASE,
)
_HIDES = re.compile(
    r"\shidden(?![\w-])|display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)"
    r"|font-size\s*:\s*0|font-size\s*:\s*1(?:px|pt)?\s*[;\"']|opacity\s*:\s*0(?!\.\d*[1-9])|color\s*:\s*(?:transparent|white|#fff|#f[c-f]f[c-f]f[c-f]\b|rgba\([^)]{1,20},\s*0?\.?0\))"
    r"|(?:max-)?(?:width|height)\s*:\s*0|(?:left|top|text-indent)\s*:\s*-\d{3}",
    re.IGNORECASE,
)
_CODE = 2_000  # characters that a code span may have


def take_out(text: str) -> tuple[str, list[Removal]]:
    """The text without hidden comments and elements, and what was in them."""
    if "<" not in text and "]:" not in text:
        return text, []
    found = list(_hidden(text))
    kept, place = [], 0
    for _, start, end in found:
        kept.append(text[place:start])
        place = end
    kept.append(text[place:])
    return "".join(kept), [*_removals(text, found)]


def _removals(text: str, found: list[tuple[str, int, int]]) -> Iterator[Removal]:
    for what in dict.fromkeys(kind for kind, _, _ in found):
        parts = [text[start:end] for kind, start, end in found if kind == what]
        yield Removal(what, len(parts), "\n".join(part[:KEPT] for part in parts)[:KEPT])


def _hidden(text: str) -> Iterator[tuple[str, int, int]]:
    """The name, start and end of each hidden part, in one pass."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters have a longer small form
        lowered = text
    endless: set[str] = set()  # what is never closed from here on is not looked for again
    place = 0
    while match := _OPEN.search(text, place):
        place = match.end()
        if match["fence"] or match["code"]:
            place = _after_code(text, match, endless)
        elif match["reference"]:
            yield "hidden link definitions", match.start(), match.end()
        elif match["comment"]:
            if (end := _find(lowered, "-->", place, endless)) >= 0:
                yield "HTML comments", match.start(), (place := end)
        elif _HIDES.search(match["attributes"]):
            end = _find(lowered, f"</{match['tag'].lower()}>", place, endless)
            if end >= 0:
                yield "hidden HTML elements", match.start(), (place := end)


def _after_code(text: str, match: re.Match[str], endless: set[str]) -> int:
    """Where the code ends that begins here; a mark that nothing closes is only a mark."""
    if match["fence"]:
        end = _find(text, "\n" + match["marks"], match.end(), endless)
        return end if end >= 0 else len(text)
    end = text.find(match[0], match.end(), match.end() + _CODE)
    return end + len(match[0]) if end >= 0 else match.end()


def _find(text: str, mark: str, place: int, endless: set[str]) -> int:
    """The end of the next mark, or -1."""
    if mark in endless:
        return -1
    found = text.find(mark, place)
    if found < 0:
        endless.add(mark)
        return -1
    return found + len(mark)
