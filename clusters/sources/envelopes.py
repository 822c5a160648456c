"""The protocol that Sentry's SDKs speak: who sends, what is in an envelope, what is answered.

Nothing here looks into an event: it is read by a worker (`sentry_events.py`).
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import brotli

SENT_LIMIT = 10 * 1024 * 1024  # bytes of a request, as they are sent
UNPACKED_LIMIT = 25 * 1024 * 1024  # bytes of what comes out of it; attachments count
EVENT_LIMIT = 1024 * 1024  # bytes of one event, the limit that Sentry has
ITEMS_LIMIT = 100  # of one envelope
KEPT_LIMIT = 20  # events and the like of one envelope; SDKs send one
LOST_LIMIT = 10_000  # that one envelope may say: nobody can check it
_HEADER_LIMIT = 64 * 1024  # bytes of a line of JSON that describes what follows

# What becomes a report. Everything else that SDKs send is taken and dropped.
KEPT = frozenset({"event", "feedback", "user_report"})
# Why an SDK threw an error away although nobody had told it to.
_LOST_BY = frozenset({"ratelimit_backoff", "queue_overflow", "buffer_overflow", "network_error"})
_KEY = re.compile(r"[0-9A-Za-z]{8,64}")
_AUTH_PART = re.compile(r"sentry_key\s*=\s*\"?([0-9A-Za-z]{1,100})")
_EVENT_ID = re.compile(r"[0-9a-f]{32}")


class Unusable(Exception):
    """A request that is refused; the text is a sentence for the person who set up the SDK."""

    status = 400


class TooLarge(Unusable):
    """More than is taken of one request."""

    status = 413


class UnknownEncoding(Unusable):
    """Packed in a way that is not read here."""

    status = 415


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of an envelope that becomes a report; `payload` is its JSON as it was sent."""

    kind: str
    event_id: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """What was sent: what is kept of it, and how many other items by their types.

    `lost` is how many errors the SDK says that it could not send: too many, or nobody answered.
    """

    event_id: str
    items: list[Item] = field(default_factory=list)
    dropped: Mapping[str, int] = field(default_factory=dict)
    lost: int = 0


def key_of(headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    """The public key that a request names before its body is looked at; empty if none."""
    for text in (headers.get("x-sentry-auth", ""), headers.get("authorization", "")):
        if found := _AUTH_PART.search(text[:2000]):
            return _valid(found[1])
    return _valid(query.get("sentry_key", ""))


def key_in(body: bytes) -> str:
    """The public key of the `dsn` in an envelope's own header; empty if none."""
    try:
        dsn = _header(body.partition(b"\n")[0]).get("dsn")
        return _valid(urlsplit(dsn).username or "") if isinstance(dsn, str) else ""
    except ValueError:
        return ""


def unpack(body: bytes, encoding: str) -> bytes:
    """The body without its `Content-Encoding`; raises Unusable."""
    match encoding.strip().lower():
        case "" | "identity":
            unpacked = body
        case "gzip" | "x-gzip":
            unpacked = _inflate(body, 31)
        case "deflate":
            # Sixteen bits that are a multiple of 31 begin a zlib stream, and some send none.
            with_header = len(body) > 1 and int.from_bytes(body[:2]) % 31 == 0
            unpacked = _inflate(body, 15 if with_header else -15)
        case "br":
            unpacked = _from_brotli(body)
        case other:
            raise UnknownEncoding(f"{other[:40]!r} is not read here: send gzip, deflate or br.")
    if len(unpacked) > UNPACKED_LIMIT:
        raise TooLarge(f"More than {UNPACKED_LIMIT // 1024**2} MB come out of this request.")
    return unpacked


def parse(body: bytes) -> Envelope:
    """What is in an envelope; raises Unusable."""
    first = body.partition(b"\n")[0]
    header = _header(first)
    event_id = _event_id(header.get("event_id"))
    items: list[Item] = []
    dropped: dict[str, int] = {}
    position, count, lost = len(first) + 1, 0, 0
    while position < len(body):
        head, payload, position = _next(body, position)
        if head is None:
            continue
        count += 1
        kind = str(head["type"])[:50]
        if count > ITEMS_LIMIT or len(items) > KEPT_LIMIT:
            raise TooLarge(f"An envelope has at most {ITEMS_LIMIT} items.")
        if kind not in KEPT:
            dropped[kind] = dropped.get(kind, 0) + 1
            lost += _lost(payload) if kind == "client_report" else 0
            continue
        items.append(_item(kind, event_id, payload))
    whole = event_id or next((one.event_id for one in items), "") or uuid4().hex
    return Envelope(whole, items, dropped, min(lost, LOST_LIMIT))


def parse_stored(body: bytes) -> Envelope:
    """The one event that older SDKs send by itself; raises Unusable."""
    if not body.lstrip().startswith(b"{"):
        raise Unusable("The body is not an event as JSON.")
    item = _item("event", "", body)
    return Envelope(item.event_id, [item])


# --- pieces ----------------------------------------------------------------------------------


def _next(body: bytes, position: int) -> tuple[dict[str, Any] | None, bytes, int]:
    """The item that begins here, and where the next one does; no item at an empty line."""
    end = _line_end(body, position)
    line = body[position:end]
    if not line.strip():
        return None, b"", end + 1
    head = _header(line)
    if not isinstance(head.get("type"), str):
        raise Unusable("An item of the envelope does not say what type it is of.")
    start, length = end + 1, head.get("length")
    if length is None:
        stop = _line_end(body, start)
    elif isinstance(length, int) and not isinstance(length, bool) and length >= 0:
        stop = start + length
    else:
        raise Unusable("The length of an item is not a number.")
    if stop > max(start, len(body)) or body[stop : stop + 1] not in (b"\n", b""):
        raise Unusable("The length of an item does not fit what was sent.")
    return head, body[start:stop], stop + 1


def _line_end(body: bytes, start: int) -> int:
    end = body.find(b"\n", start)
    return len(body) if end < 0 else end


def _header(line: bytes) -> dict[str, Any]:
    if len(line) > _HEADER_LIMIT:
        raise TooLarge("A header of the envelope is too long.")
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Unusable("This is not an envelope: a header of it is not JSON.") from error
    if not isinstance(value, dict):
        raise Unusable("This is not an envelope: a header of it is not an object.")
    return value


def _item(kind: str, event_id: str, payload: bytes) -> Item:
    if len(payload) > EVENT_LIMIT:
        raise TooLarge(f"An event has at most {EVENT_LIMIT // 1024**2} MB.")
    return Item(kind, event_id or _written_in(payload) or uuid4().hex, payload)


def _lost(payload: bytes) -> int:
    """The errors of a client report that were not sent: a limit of the SDK's or ours, no answer."""
    try:
        discarded = json.loads(payload)["discarded_events"]
        counts = [
            one["quantity"]
            for one in discarded
            if one["category"] == "error" and one["reason"] in _LOST_BY
        ]
        return sum(min(int(count), LOST_LIMIT) for count in counts if int(count) > 0)
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
        return 0


def _written_in(payload: bytes) -> str:
    """The id that an event has in itself; empty if it has none."""
    try:
        event = json.loads(payload)
    except (ValueError, RecursionError):
        return ""
    return _event_id(event.get("event_id")) if isinstance(event, dict) else ""


def _event_id(value: object) -> str:
    text = value.replace("-", "").lower() if isinstance(value, str) else ""
    return text if _EVENT_ID.fullmatch(text) else ""


def _valid(key: str) -> str:
    return key if _KEY.fullmatch(key) else ""


def _inflate(body: bytes, window: int) -> bytes:
    stream = zlib.decompressobj(window)
    try:
        unpacked = stream.decompress(body, UNPACKED_LIMIT + 1)
    except zlib.error as error:
        raise Unusable("The body cannot be unpacked as its Content-Encoding says.") from error
    if not stream.eof and len(unpacked) <= UNPACKED_LIMIT:
        raise Unusable("The body ends before it is complete.")
    return unpacked


def _from_brotli(body: bytes) -> bytes:
    stream = brotli.Decompressor()
    try:
        unpacked: bytes = stream.process(body, output_buffer_limit=UNPACKED_LIMIT + 1)
    except brotli.error as error:
        raise Unusable("The body cannot be unpacked as its Content-Encoding says.") from error
    if not stream.is_finished() and len(unpacked) <= UNPACKED_LIMIT:
        raise Unusable("The body ends before it is complete.")
    return unpacked
