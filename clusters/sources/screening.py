"""What a report had in it that people do not see, and what in it looks like an attack."""

from __future__ import annotations

from dataclasses import asdict
from functools import lru_cache
from typing import Any

from clusters.cleaning import hidden_html, unseen
from clusters.cleaning.language import language_of
from clusters.cleaning.screening import screen
from clusters.sources.base import BODY_LIMIT

_USUAL = {"", "en"}
_REMEMBERED, _SHORT = 500, 10_000  # texts, characters


def looked_at(title: str, sent: str, body: str) -> tuple[str, dict[str, Any]]:
    """The body without hidden HTML, and the findings as JSON.

    `title` and `sent` are as they came, `body` is cleaned. Findings are `flags` (kind, reason,
    excerpt), `removed` (what, count, text) and `language`, each only where there is something.
    """
    shown, from_html = hidden_html.take_out(body)
    characters = unseen.take_out(f"{title}\n{sent}")[1]
    language = language_of(f"{title}\n{shown}")
    # Of a text that is all invisible characters, the screened part has to reach what is kept.
    screened = f"{title}\n{sent}" if len(sent) <= BODY_LIMIT else f"{title}\n{body[:BODY_LIMIT]}"
    found: dict[str, Any] = {
        "flags": [dict(flag) for flag in _flags(screened)],
        "removed": [asdict(removal) for removal in (*characters, *from_html)],
        "language": "" if language in _USUAL else language,
    }
    return shown.strip(), {name: value for name, value in found.items() if value}


def _flags(text: str) -> list[dict[str, Any]]:
    return _known_flags(text) if len(text) <= _SHORT else _screened(text)


def _screened(text: str) -> list[dict[str, Any]]:
    return [asdict(flag) for flag in screen(text)]


# A program in trouble says the same thousands of times, and looking at it is most of the work.
_known_flags = lru_cache(_REMEMBERED)(_screened)
