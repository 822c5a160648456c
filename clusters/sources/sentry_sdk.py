"""Applications that report by themselves, with a stock SDK of Sentry.

Envelopes have an endpoint of their own (`clusters.views.envelopes`), which keeps what is in them
item by item. This reads what was kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from clusters.sources import sentry_events
from clusters.sources.base import Answer, Read, Received
from clusters.sources.dates import parse_date
from clusters.sources.envelopes import KEPT, Item

_KIND, _RECEIVED, _ID = "item", "received", "event_id"


class SdkSource:
    """Events and feedback that a stock `sentry-sdk` has sent to our address."""

    kind = "sdk"
    label = "Sentry SDK"
    signs = False

    def verify(self, received: Received, secret: str, now: datetime) -> None:
        """The key in the address is all that SDKs know."""

    def greeting(self, received: Received) -> Answer | None:
        """SDKs do not greet."""
        return None

    def delivery_id(self, received: Received) -> str:
        """What is posted by hand has no id but the event's own."""
        return ""

    def kept_headers(self, received: Received) -> Mapping[str, str]:
        """An event that is posted by hand."""
        return {_KIND: "event", _RECEIVED: datetime.now(UTC).isoformat()}

    def read(
        self, headers: Mapping[str, str], body: bytes, config: Mapping[str, Any]
    ) -> Iterator[Read]:
        """The one report of an item."""
        kind = headers.get(_KIND, "event")
        yield sentry_events.read(
            kind if kind in KEPT else "event",
            body,
            config,
            received=parse_date(headers.get(_RECEIVED, "")),
            event_id=headers.get(_ID, ""),
        )


def headers_of(item: Item, received: datetime) -> dict[str, str]:
    """What `read` has to know about an item that is kept."""
    return {_KIND: item.kind, _RECEIVED: received.isoformat(), _ID: item.event_id}


def delivery_id_of(item: Item) -> str:
    """Under which an item is kept: a person's words about an event have the event's own id."""
    return item.event_id if item.kind == "event" else f"{item.kind}:{item.event_id}"
