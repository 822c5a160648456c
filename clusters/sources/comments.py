"""Makes a comment of raw fields, as `build.py` makes reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from clusters.sources.base import (
    AUTHOR_LIMIT,
    EXTERNAL_ID_LIMIT,
    IncomingComment,
    IncomingReport,
)
from clusters.sources.build import safe_url
from clusters.sources.cleaning import clean_line, clean_text, cut_body, shorten
from clusters.sources.screening import looked_at

COMMENT_LIMIT = 20_000  # characters, the mark of a cut included


def only_comments(external_id: str, comments: Sequence[IncomingComment]) -> IncomingReport:
    """Comments of a report that is stored already: it says nothing else about it."""
    return IncomingReport(external_id, title="", body="", comments=tuple(comments))


def build_comment(
    external_id: str,
    body: str,
    *,
    author: str = "",
    url: str = "",
    occurred_at: datetime | None = None,
    revised_at: datetime | None = None,
) -> IncomingComment | None:
    """The comment, cleaned and within the limits; None when nothing readable is left of it."""
    identity = clean_line(external_id)[:EXTERNAL_ID_LIMIT]
    shown, screening = looked_at("", body, clean_text(body))
    if not identity or not shown:
        return None
    return IncomingComment(
        external_id=identity,
        body=cut_body(shown, COMMENT_LIMIT)[0],
        author=shorten(clean_line(author), AUTHOR_LIMIT),
        url=safe_url(url),
        occurred_at=occurred_at,
        revised_at=revised_at,
        screening=screening,
    )
