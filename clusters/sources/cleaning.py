"""Takes out of a stranger's text what a reader cannot see or a database cannot keep."""

from __future__ import annotations

import re

from clusters.cleaning.unseen import UNSEEN
from clusters.sources.base import BODY_LIMIT, TITLE_LIMIT

_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")

_BLANK_LINES = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")


def clean_text(text: str) -> str:
    """The text with `\\n` line ends, without control, zero-width and direction characters."""
    visible = UNSEEN.sub("", _NEWLINES.sub("\n", text))
    return _BLANK_LINES.sub("\n\n", visible).strip()


def clean_line(text: str) -> str:
    """The text on a single line, white space collapsed."""
    return " ".join(clean_text(text).split())


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters; what was cut ends in an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def cut_body(body: str, limit: int = BODY_LIMIT) -> tuple[str, int]:
    """The body within the limit with a visible mark, and how many characters were left out."""
    if len(body) <= limit:
        return body, 0
    # The mark's own length depends on the number in it; 60 characters hold any count.
    kept = body[: limit - 60].rstrip()
    left_out = len(body) - len(kept)
    return f"{kept}\n\n[cut: {left_out} characters left out]", left_out


def split_title(title: str, body: str) -> tuple[str, str]:
    """A title that fits: taken from the body where missing; a long one is repeated in the body."""
    if not title:
        title = clean_line(next((line for line in body.split("\n") if line.strip()), ""))
        return shorten(title, TITLE_LIMIT), body
    if len(title) > TITLE_LIMIT:
        return shorten(title, TITLE_LIMIT), f"{title}\n\n{body}".strip()
    return title, body
