"""Takes out of a stranger's text what a reader cannot see or a database cannot keep."""

from __future__ import annotations

import re

from clusters.sources.base import BODY_LIMIT, TITLE_LIMIT

_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")

# Hidden characters carry instructions that a reviewer does not see but a model reads: zero-width
# and direction marks, the tag block, variation selectors beyond emoji style, fillers that render
# as nothing. Lone surrogates (JSON can spell them) cannot be stored as UTF-8.
_HIDDEN = re.compile(
    "["
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "]"
)
_BLANK_LINES = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")


def clean_text(text: str) -> str:
    """The text with `\\n` line ends, without control, zero-width and direction characters."""
    visible = _HIDDEN.sub("", _NEWLINES.sub("\n", text))
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
