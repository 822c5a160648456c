"""Reads the dates that exports contain."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MILLISECONDS_FROM = 100_000_000_000  # as seconds this would be the year 5138
_FORMATS = (
    "%Y-%m-%d %H:%M:%S UTC",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
)


def parse_date(text: str) -> datetime | None:
    """An aware UTC time, or None if the text is no date between 1970 and 2199.

    A time without a zone is taken as UTC. Ambiguous forms such as 03/04/2024 are not guessed.
    """
    text = text.strip()
    if not text or len(text) > 100:
        return None
    for read in (_iso, _epoch, _mail, _formatted):
        try:
            found = read(text)
            utc = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, TypeError, OverflowError, OSError, IndexError):
            continue
        return utc if 1970 <= utc.year < 2200 else None
    return None


def _iso(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _epoch(text: str) -> datetime:
    seconds = float(text)
    if seconds >= _MILLISECONDS_FROM:
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC)


def _mail(text: str) -> datetime:
    return parsedate_to_datetime(text)


def _formatted(text: str) -> datetime:
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise ValueError(text)
