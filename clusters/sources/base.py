"""What a source of feedback hands over, and the seams that kinds of source fulfil.

Plain Python: no Django here. A parser never raises on content: what it cannot use becomes a
`Refused` with a sentence for the person who sent it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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


COMMENTS_LIMIT = 200  # of one report
FINGERPRINT_LIMIT = 64


@dataclass(frozen=True, slots=True)
class IncomingComment:
    """What somebody added to a report where it came from; cleaned, within the limits."""

    external_id: str
    body: str
    author: str = ""
    url: str = ""
    occurred_at: datetime | None = None
    revised_at: datetime | None = None
    screening: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IncomingReport:
    """One report as it came in: cleaned, within the limits, not yet stored.

    `external_id` is the sender's own id, or a hash of the content where there is none.
    Moments are aware and in UTC. `metadata` also says what was changed on the way in
    (`cut`, `encoding`, `date_text`, `url_text`). `screening` is what was removed from the text and
    what in it looks like an attack, as JSON (`screening.py`); empty where there is nothing to say.
    `fingerprint`: reports with equal ones are certainly about the same thing. `trace` holds
    exceptions with their frames (`traces.py`). `revised_at` is when its source says that it was
    changed last: an older state never replaces a newer one. `archived`: closed where it came from.
    `comments` are those that came with it; None: nothing is known about comments.
    """

    external_id: str
    title: str
    body: str
    author: str = ""
    url: str = ""
    occurred_at: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    screening: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str = ""
    trace: Sequence[Mapping[str, Any]] = ()
    revised_at: datetime | None = None
    archived: bool = False
    comments: Sequence[IncomingComment] | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not kept: its number (from 1), a sentence, and the start of what was sent."""

    row: int
    reason: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Filtered:
    """A report that the source's own settings leave out, and the sentence that says why."""

    reason: str


Parsed = IncomingReport | Refused
Read = IncomingReport | Refused | Filtered


class Source(Protocol):
    """Reads one kind of payload."""

    kind: str
    label: str

    def parse(self, payload: bytes) -> Iterator[Parsed]:
        """Every report of the payload in order; never raises because of its content."""
        ...


@dataclass(frozen=True, slots=True)
class Received:
    """A request that somebody sent: header names in lower case, the body as it was signed."""

    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is to be told at once, where its protocol asks for more than "taken"."""

    status: int
    body: str = ""
    content_type: str = "application/json"


class Unverified(Exception):
    """The request does not prove where it comes from; the text is a sentence for its sender."""


class PushSource(Protocol):
    """A kind of source that is told by requests. What is stored is what `kept` gives."""

    kind: str
    label: str
    signs: bool  # whether it needs a secret that the two sides share

    def verify(self, received: Received, secret: str, now: datetime) -> None:
        """Raises Unverified; compares in a time that tells nothing."""
        ...

    def greeting(self, received: Received) -> Answer | None:
        """The answer to a request that is no report (a challenge, a ping); None for all others."""
        ...

    def delivery_id(self, received: Received) -> str:
        """The sender's own id of this message; empty when it gives none."""
        ...

    def kept_headers(self, received: Received) -> Mapping[str, str]:
        """The headers that `read` needs later, without secrets."""
        ...

    def read(
        self, headers: Mapping[str, str], body: bytes, config: Mapping[str, Any]
    ) -> Iterator[Read]:
        """Every report of it; never raises because of its content."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of what was fetched, and how to go on after it (JSON), also after a crash."""

    reports: Sequence[Read]
    cursor: Mapping[str, Any]
    # What people read while it runs: how many there are in all, where that is known.
    total: int | None = None


class PullSource(Protocol):
    """A kind of source that is asked."""

    kind: str
    label: str

    def pages(self, config: Mapping[str, Any], cursor: Mapping[str, Any]) -> Iterator[Page]:
        """Everything new since the cursor ({}: everything), piece by piece, oldest change first.

        The last page's cursor is where the next fetch begins. Raises ForgeError or SourceError.
        """
        ...


class SourceError(Exception):
    """A source could not be asked; the text is a sentence for the user."""

    def __init__(self, code: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after  # seconds, when it said so
