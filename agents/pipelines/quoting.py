"""Strangers' words in a pull request: readable, and without any effect on the forge.

A forge acts on text: "@name" notifies people, "fixes #1" closes issues, links and HTML lead
elsewhere. An invisible character in the right place takes the effect away and leaves the words.
"""

from __future__ import annotations

import re
import unicodedata

_GAP = "\u200b"  # zero width space
# Only where a character means something, so that the text stays readable unrendered.
_MARKDOWN = re.compile(
    r"([\\`*\[\]|~$]|(?<![^\W_])_|_(?![^\W_])|^(?=\s*)[#+\-=]|(?<=^\d)[.)]|(?<=^\d\d)[.)]|(?<=^\d{3})[.)])"
)
_REFERENCE = re.compile(r"(?i)(@|#(?=\d)|\bgh-(?=\d))")
_ADDRESS = re.compile(r"(?i)(\bwww)(?=\.)|(\b[a-z][a-z0-9+.-]*:)(?=/)|(\bmailto:)")
_CLOSING = re.compile(
    r"(?i)\b(clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing)|implement(?:s|ed|ing)?)(?=[\s:]+\S*(?:#|issues?/|gh-)\d)"
)


def plain(text: str, limit: int = 500) -> str:
    """One line of Markdown that shows the text as it is and does nothing."""
    return _escaped(shortened(one_line(text), limit))


def prose(text: str, limit: int = 2_000) -> str:
    """Like `plain`, but names between backticks stay code."""
    parts = re.split(r"`([^`]+)`", shortened(one_line(text), limit))
    return "".join(code(part) if place % 2 else _escaped(part) for place, part in enumerate(parts))


def quoted(text: str, limit: int = 600) -> str:
    """A block quote of at most `limit` characters; line breaks are kept, nothing else is."""
    lines = [line for line in visible(text).splitlines() if line.strip()]
    cut = shortened("\n".join(" ".join(line.split()) for line in lines), limit)
    return "\n".join(f"> {_escaped(line)}  " for line in cut.splitlines())


def code(text: str, limit: int = 300) -> str:
    """A code span. Forges link nothing inside of one, so only closing words are broken up."""
    cut = _without_closing(shortened(one_line(text), limit))
    if not cut:
        return ""
    longest = max((len(run) for run in re.findall(r"`+", cut)), default=0)
    fence, pad = "`" * (longest + 1), " " if cut[0] == "`" or cut[-1] == "`" else ""
    return f"{fence}{pad}{cut}{pad}{fence}"


def title(text: str, limit: int = 120) -> str:
    """One line for a title or the first line of a commit: no Markdown there, but effects."""
    return harmless(shortened(one_line(text), limit)) or "Fix"


def harmless(text: str) -> str:
    """The text without mentions, references, closing words and addresses that work."""
    text = _REFERENCE.sub(lambda mark: mark[0] + _GAP, _without_closing(text))
    return _ADDRESS.sub(lambda mark: mark[0] + _GAP, text)


def _without_closing(text: str) -> str:
    return _CLOSING.sub(lambda word: word[0][0] + _GAP + word[0][1:], text)


def one_line(text: str) -> str:
    """White space as single spaces; characters that nobody can see are gone."""
    return " ".join(visible(text).split())


def visible(text: str) -> str:
    """The text without control, direction and other unseen characters; line breaks stay."""
    kept = (
        letter
        for letter in text
        if letter in "\n\t" or unicodedata.category(letter) not in {"Cc", "Cf", "Co", "Cs", "Cn"}
    )
    return "".join(kept)


def shortened(text: str, limit: int) -> str:
    """The text, cut with an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "\u2026"


def _escaped(text: str) -> str:
    # Before the escapes, which would hide an address from `harmless`, but perhaps not from a forge.
    text = harmless(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN.sub(r"\\\1", text)
