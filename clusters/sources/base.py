"""What a source of feedback hands over, and the seam every kind of source fulfils.

Plain Python: no Django here. A parser never raises on content: what it cannot use becomes a
`Refused` with a sentence for the person who sent it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

TITLE_LIMIT = 300  # characters
BODY_LIMIT = 100_000  # characters, the mark of a cut included
AUTHOR_LIMIT = 200
URL_LIMIT = 1_000
EXTERNAL_ID_LIMIT = 200
EXCERPT_LIMIT = 200
METADATA_VALUE_LIMIT = 500
METADATA_KEYS_LIMIT = 30
FILE_LIMIT = 20 * 1024 * 1024  # bytes
ROW_LIMIT = 50_000


@dataclass(frozen=True, slots=True)
class IncomingReport:
    """One report as it came in: cleaned, within the limits, not yet stored.

    `external_id` is the sender's own id, or a hash of the content where there is none.
    `occurred_at` is aware and in UTC. `metadata` also says what was changed on the way in
    (`cut`, `encoding`, `date_text`, `url_text`). `screening` is what was removed from the text and
    what in it looks like an attack, as JSON (`screening.py`); empty where there is nothing to say.
    """

    external_id: str
    title: str
    body: str
    author: str = ""
    url: str = ""
    occurred_at: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    screening: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not kept: its number (from 1), a sentence, and the start of what was sent."""

    row: int
    reason: str
    excerpt: str = ""


Parsed = IncomingReport | Refused


class Source(Protocol):
    """Reads one kind of payload."""

    kind: str
    label: str

    def parse(self, payload: bytes) -> Iterator[Parsed]:
        """Every report of the payload in order; never raises because of its content."""
        ...
