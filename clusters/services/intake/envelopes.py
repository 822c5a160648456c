"""What Sentry's SDKs send: checked, kept, and answered as their protocol asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError

from clusters.models import Source
from clusters.services import intake
from clusters.services.intake import Message
from clusters.services.sources import days as source_days
from clusters.sources import envelopes
from clusters.sources.envelopes import Envelope, Unusable
from clusters.sources.sentry_sdk import delivery_id_of, headers_of
from credentials.errors import AppError, Forbidden, NotFound

log = structlog.get_logger(__name__)

BATCH = 250  # requests that are kept in one transaction
# Bytes of events that are unpacked and not kept yet: a small request may hold much.
AT_ONCE = 16 * 1024 * 1024
WAITING = 64 * 1024 * 1024  # bytes that wait for it; what is more is sent away
_WEIGHT = 32 * 1024  # bytes that the smallest request counts for, so that nobody waits for long
BUSY_SECONDS = 5
AWAY_SECONDS = 5
WRONG_KEY = "There is no source with this DSN. Copy it anew from the source's page."
TOO_MANY = "This source takes no more events for now. What comes later is taken again."
# Sent by every program all the time, and never meant to be a report.
_NOT_COUNTED = {"session", "sessions", "client_report", "attachment"}


@dataclass(frozen=True, slots=True)
class Call:
    """A request: whose it says it is, and its body as it was sent."""

    source_id: int
    key: str
    body: bytes
    encoding: str = ""
    stored: bool = False  # by the older endpoint: one event without an envelope


@dataclass(frozen=True, slots=True)
class Reply:
    """What an SDK is told."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


class Unnamed(AppError):
    """Nothing says whose events these are."""

    status = 401


@dataclass(slots=True)
class _Taken:
    """A request that may be kept, on its way."""

    place: int
    envelope: Envelope
    messages: list[Message]


def weight(call: Call) -> int:
    """How much a request counts for while it waits, in bytes."""
    return max(len(call.body), _WEIGHT)


def answer_all(calls: Sequence[Call]) -> list[Reply]:
    """Keep what they brought, and what each of them is told, in order. Never raises."""
    replies: dict[int, Reply] = {}
    by_source: dict[Source, list[_Taken]] = {}
    now, size = datetime.now(UTC), 0
    for place, call in enumerate(calls):
        try:
            source, envelope = _read(call)
        except Exception as error:  # noqa: BLE001  told, and those beside it go on
            replies[place] = _told(error)
        else:
            taken = _Taken(place, envelope, _messages(envelope, now))
            by_source.setdefault(source, []).append(taken)
            size += sum(len(item.payload) for item in envelope.items)
        if size > AT_ONCE:
            replies |= _keep_all(by_source)
            by_source, size = {}, 0
    replies |= _keep_all(by_source)
    return [replies[place] for place in range(len(calls))]


def refusal(status: int, sentence: str, **headers: str) -> Reply:
    """An answer that says why not, where SDKs look for it."""
    return Reply(status, {"detail": sentence}, {"X-Sentry-Error": sentence, **headers})


def limited(seconds: int, reason: str, sentence: str) -> Reply:
    """Too much at once, in the protocol's words: SDKs stay silent for so long, and count."""
    return Reply(
        429,
        {"detail": sentence},
        {
            "Retry-After": str(seconds),
            "X-Sentry-Rate-Limits": f"{seconds}:error:key:{reason}",
            "X-Sentry-Error": sentence,
        },
    )


def too_large() -> Reply:
    """A body of more bytes than are taken."""
    return refusal(413, f"A request has at most {envelopes.SENT_LIMIT // 1024**2} MB.")


def busy() -> Reply:
    """More requests wait than can be kept soon."""
    return limited(BUSY_SECONDS, "busy", "Too many events come at once. Send the next ones later.")


def broken() -> Reply:
    """Something of ours went wrong."""
    return refusal(500, "The event could not be kept. Our own log says why.")


def _told(error: Exception) -> Reply:
    """What whoever sent it is told of an error: nothing was kept."""
    match error:
        case Unusable():
            return refusal(error.status, str(error))
        case AppError():
            return refusal(error.status, error.message)
        case OperationalError() | InterfaceError():
            log.warning("events_not_kept", exc_info=error)
            sentence = "The database does not answer. The event was not kept."
            return refusal(503, sentence, **{"Retry-After": str(AWAY_SECONDS)})
    log.error("events_not_kept", exc_info=error)
    return broken()


def _read(call: Call) -> tuple[Source, Envelope]:
    """Whose it is, then what is in it: strangers' requests are not unpacked."""
    if call.key:
        source = _source(call.source_id, call.key)
        try:
            return source, _parsed(call, envelopes.unpack(call.body, call.encoding))
        except Unusable as error:
            intake.note_error(source, str(error))
            raise
    body = envelopes.unpack(call.body, call.encoding)
    key = "" if call.stored else envelopes.key_in(body)
    if not key:
        raise Unnamed("key_missing", "The request does not say which DSN it belongs to.")
    return _source(call.source_id, key), _parsed(call, body)


def _parsed(call: Call, body: bytes) -> Envelope:
    return envelopes.parse_stored(body) if call.stored else envelopes.parse(body)


def _source(source_id: int, key: str) -> Source:
    try:
        source = intake.source_by_key(Source.Kind.SDK, key)
    except NotFound as error:
        raise Forbidden("key_unknown", WRONG_KEY) from error
    if source.pk != source_id:
        raise Forbidden("key_unknown", WRONG_KEY)
    return source


def _messages(envelope: Envelope, now: datetime) -> list[Message]:
    return [
        Message(delivery_id_of(item), headers_of(item, now), item.payload)
        for item in envelope.items
    ]


def _keep_all(by_source: Mapping[Source, Sequence[_Taken]]) -> dict[int, Reply]:
    replies: dict[int, Reply] = {}
    for source, taken in by_source.items():
        replies |= _keep(source, taken)
    return replies


def _keep(source: Source, taken: Sequence[_Taken]) -> dict[int, Reply]:
    """All of it in one transaction, or none of it: the source's rate counts for them together."""
    replies = {one.place: Reply(200, {"id": one.envelope.event_id}) for one in taken}
    messages = [message for one in taken for message in one.messages]
    try:
        seconds = intake.allow(source, len(messages)) if messages else None
        if seconds is None and messages:
            intake.keep(source, messages)
        _count(source, taken)
    except Exception as error:  # noqa: BLE001  told, and those of other sources go on
        reply = _told(error)
        return {one.place: reply for one in taken}
    if seconds is not None:
        sent_away = limited(ceil(seconds), "rate", TOO_MANY)
        replies |= {one.place: sent_away for one in taken if one.messages}
    return replies


def _count(source: Source, taken: Sequence[_Taken]) -> None:
    """What was sent and never is a report, and what the SDKs say that they did not send."""
    filtered = sum(
        count
        for one in taken
        for kind, count in one.envelope.dropped.items()
        if kind not in _NOT_COUNTED
    )
    lost = sum(one.envelope.lost for one in taken)
    if filtered or lost:
        source_days.count(source.pk, filtered=filtered, limited=lost)
