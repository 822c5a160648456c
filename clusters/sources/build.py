"""Makes a report of raw fields: the one way in for every kind of source."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from clusters.sources.base import (
    AUTHOR_LIMIT,
    BODY_LIMIT,
    EXCERPT_LIMIT,
    EXTERNAL_ID_LIMIT,
    METADATA_KEYS_LIMIT,
    METADATA_VALUE_LIMIT,
    URL_LIMIT,
    IncomingReport,
    Parsed,
    Refused,
)
from clusters.sources.cleaning import clean_line, clean_text, cut_body, shorten, split_title
from clusters.sources.dates import parse_date
from clusters.sources.fields import normal_name
from clusters.sources.screening import looked_at

ONLY_HIDDEN = "(all of this report was hidden text)"
EMPTY = "The report has no title and no body, so there is nothing to work with."


@dataclass(frozen=True, slots=True)
class RawReport:
    """The fields of a report as sent, all text. `extra` is what no field is known for."""

    title: str = ""
    body: str = ""
    author: str = ""
    external_id: str = ""
    url: str = ""
    occurred_at: str = ""
    source: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


def build_report(row: int, raw: RawReport, notes: Mapping[str, str] | None = None) -> Parsed:
    """The report, cleaned and within the limits, or why it was refused.

    `notes` are facts about the file (such as its encoding) that belong to each report's metadata.
    """
    title, body = clean_line(raw.title), clean_text(raw.body)
    if not title and not body:
        return refuse(row, EMPTY, " ".join((raw.external_id, raw.author, raw.url)))
    identity = _identity(raw, title, body)
    shown, screening = looked_at(raw.title, raw.body, body)
    title, body = split_title(title, shown)
    kept, left_out = cut_body(body)
    metadata = _extra(raw.extra) | dict(notes or {})
    if left_out:
        metadata["cut"] = f"{left_out} of {len(body)} characters of the body were left out"
    if raw.source:
        metadata["source"] = normal_name(raw.source)
    occurred_at = parse_date(raw.occurred_at)
    if occurred_at is None and raw.occurred_at.strip():
        metadata["date_text"] = _value(raw.occurred_at)
    url = safe_url(raw.url)
    if not url and raw.url.strip():
        metadata["url_text"] = _value(raw.url)
    return IncomingReport(
        external_id=identity,
        title=title or ONLY_HIDDEN,
        body=kept,
        author=shorten(clean_line(raw.author), AUTHOR_LIMIT),
        url=url,
        occurred_at=occurred_at,
        metadata=metadata,
        screening=screening,
    )


def refuse(row: int, reason: str, excerpt: str = "") -> Refused:
    """A refusal with a clean, short excerpt; the sentence may name what was sent, too."""
    # Cleaning all of a large payload for 200 characters of it would be work for nothing.
    shown = shorten(clean_line(excerpt[: EXCERPT_LIMIT * 4]), EXCERPT_LIMIT)
    return Refused(row, clean_line(reason), shown)


def once_each(parsed: Iterable[tuple[int, Parsed]]) -> Iterator[Parsed]:
    """The reports of one file with repeated ids refused; an id counts per `source` column."""
    seen: dict[tuple[str, str], int] = {}
    for row, report in parsed:
        if isinstance(report, Refused):
            yield report
            continue
        first = seen.setdefault((report.metadata.get("source", ""), report.external_id), row)
        if first == row:
            yield report
        else:
            reason = f"Row {first} has the same id or content already; that one is kept."
            yield refuse(row, reason, report.title)


def safe_url(url: str) -> str:
    """The address if it may become a link: http or https with a host, of bounded length."""
    url = clean_line(url)
    if len(url) > URL_LIMIT or " " in url:
        return ""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and host else ""


def _identity(raw: RawReport, title: str, body: str) -> str:
    given = clean_line(raw.external_id)
    if given and len(given) <= EXTERNAL_ID_LIMIT:
        return given
    content = [given] if given else [title, body, raw.author, raw.url, raw.occurred_at, raw.source]
    packed = json.dumps([clean_text(part) for part in content]).encode()
    return "sha256:" + hashlib.sha256(packed).hexdigest()[:40]


def _extra(extra: Mapping[str, str]) -> dict[str, str]:
    kept: dict[str, str] = {}
    for name, text in extra.items():
        key, value = normal_name(name), _value(text)
        if key and value and len(kept) < METADATA_KEYS_LIMIT:
            kept[key] = value
    return kept


def _value(text: str) -> str:
    return shorten(clean_line(text[:BODY_LIMIT]), METADATA_VALUE_LIMIT)
