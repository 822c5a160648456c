"""Messages of a Slack workspace, as its Events API tells them.

A message is a report, what is written in its thread are the report's comments. A reply to a message
that never came becomes a report of its own under the thread's id: should the message come after
all, it takes the report over, and the reply is there as its comment already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from clusters.sources import signatures
from clusters.sources.base import (
    Answer,
    Filtered,
    IncomingReport,
    Read,
    Received,
    Unverified,
)
from clusters.sources.build import RawReport, build_report, refuse
from clusters.sources.comments import build_comment
from clusters.sources.dates import parse_date
from clusters.sources.decoding import decode
from clusters.sources.json_lines import load_json
from clusters.sources.slack_text import plain

SIGNATURE = "X-Slack-Signature"
TIMESTAMP = "X-Slack-Request-Timestamp"
_CHALLENGE = re.compile(r"[A-Za-z0-9_.=+/-]{1,300}", re.ASCII)
_TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
# Messages that people write; all other subtypes are notices, such as that somebody joined.
_WRITTEN = {"", "file_share", "me_message", "thread_broadcast"}


class SlackSource:
    """Signed as Slack signs: `v0=` and the HMAC of version, time and body."""

    kind = "slack"
    label = "Slack"
    signs = True
    content_types = ("application/json",)

    def verify(self, received: Received, secret: str, now: datetime) -> None:
        """Raises Unverified."""
        time = received.headers.get(TIMESTAMP.lower(), "")
        signatures.require_fresh(time, now, TIMESTAMP)
        expected = "v0=" + signatures.hex_hmac(secret, f"v0:{time}:".encode(), received.body)
        if not signatures.same(received.headers.get(SIGNATURE.lower(), ""), expected):
            raise Unverified(
                f"{SIGNATURE} does not fit the body: is the signing secret the one of this Slack app?"
            )

    def greeting(self, received: Received) -> Answer | None:
        """Slack asks whether the address is ours by a challenge that is to be said back."""
        told = _object(received.body)
        if told.get("type") != "url_verification":
            return None
        challenge = told.get("challenge")
        if not isinstance(challenge, str) or not _CHALLENGE.fullmatch(challenge):
            return Answer(400, "There is no challenge.", "text/plain")
        return Answer(200, challenge, "text/plain")

    def delivery_id(self, received: Received) -> str:
        """The event's id, which all attempts to tell of it share."""
        event_id = _object(received.body).get("event_id")
        return event_id if isinstance(event_id, str) and _ID.fullmatch(event_id) else ""

    def kept_headers(self, received: Received) -> Mapping[str, str]:
        """None are needed."""
        return {}

    def read(
        self, headers: Mapping[str, str], body: bytes, config: Mapping[str, Any]
    ) -> Iterator[Read]:
        """One message: new, changed or deleted."""
        told = _object(body)
        if not told:
            yield refuse(1, "What was sent is not a JSON object.", decode(body[:2_000])[0])
            return
        event = told.get("event")
        if told.get("type") != "event_callback" or not isinstance(event, Mapping):
            yield Filtered("This tells of no message.")
            return
        yield _event(event, config)


def _object(body: bytes) -> Mapping[str, Any]:
    """The body as a JSON object; empty when it is none."""
    try:
        told = load_json(decode(body)[0])
    except ValueError:
        return {}
    return told if isinstance(told, Mapping) else {}


def _event(event: Mapping[str, Any], config: Mapping[str, Any]) -> Read:
    channel, wanted = _text(event, "channel"), config.get("channels")
    if event.get("type") != "message" or not _ID.fullmatch(channel):
        return Filtered("This tells of no message.")
    if isinstance(wanted, list) and wanted and channel not in wanted:
        return Filtered("The channel is none of those that this source reads.")
    subtype = _text(event, "subtype")
    if subtype == "message_deleted":
        return _deleted(channel, event)
    if subtype == "message_changed":
        message, at = event.get("message"), _changed_at(event)
        if not isinstance(message, Mapping) or not at:
            return Filtered("Nothing that people wrote was changed.")
        return _message(channel, message, at, config)
    return _message(channel, event, _text(event, "ts"), config)


def _message(
    channel: str, message: Mapping[str, Any], revised: str, config: Mapping[str, Any]
) -> Read:
    ts = _text(message, "ts")
    thread = _text(message, "thread_ts") or ts
    if not _TS.fullmatch(ts) or not _TS.fullmatch(thread):
        return refuse(1, "The message has no time, which is its number in Slack.")
    if _text(message, "subtype") not in _WRITTEN:
        return Filtered("A notice of Slack, not a message.")
    if message.get("bot_id") and not config.get("bots"):
        return Filtered("A message of a program, not of a person.")
    body = plain(_words(message))
    if not body.strip():
        return Filtered("The message has no text.")
    report = _report(channel, thread, message, body, _link(channel, ts, thread, config))
    if not isinstance(report, IncomingReport):
        return report
    if thread == ts:
        return replace(report, revised_at=parse_date(revised))
    comment = build_comment(
        f"{channel}:{ts}",
        body,
        author=report.author,
        url=report.url,
        occurred_at=parse_date(ts),
        revised_at=parse_date(revised),
    )
    # Without a time of its own it changes nothing of a report that is there.
    return replace(report, comments=[comment] if comment else None)


def _report(channel: str, thread: str, message: Mapping[str, Any], body: str, url: str) -> Read:
    raw = RawReport(
        body=body,
        author=_author(message),
        external_id=f"{channel}:{thread}",
        url=url,
        occurred_at=_text(message, "ts"),
        extra={"channel": channel},
    )
    return build_report(1, raw)


def _deleted(channel: str, event: Mapping[str, Any]) -> Read:
    """A message that was taken back: closed where it came from. Comments stay."""
    ts, before = _text(event, "deleted_ts"), event.get("previous_message")
    thread = _text(before, "thread_ts") if isinstance(before, Mapping) else ""
    if not _TS.fullmatch(ts) or (thread and thread != ts):
        return Filtered("A reply was deleted: as evidence it stays.")
    return IncomingReport(
        external_id=f"{channel}:{ts}",
        title="",
        body="",
        revised_at=parse_date(_text(event, "event_ts") or _text(event, "ts")),
        archived=True,
    )


def _changed_at(event: Mapping[str, Any]) -> str:
    """When somebody edited it; empty for a link that got its preview, or a reply that was counted."""
    message, before = event.get("message"), event.get("previous_message")
    if not isinstance(message, Mapping):
        return ""
    edited = message.get("edited")
    if not isinstance(edited, Mapping):
        return ""
    same_edit = isinstance(before, Mapping) and before.get("edited") == edited
    return "" if same_edit and before.get("text") == message.get("text") else _text(edited, "ts")  # type: ignore[union-attr]


def _words(message: Mapping[str, Any]) -> str:
    """The text; that of attachments where a program put all of it there."""
    if text := _text(message, "text"):
        return text
    given = message.get("attachments")
    parts = (
        [one for one in given[:20] if isinstance(one, Mapping)] if isinstance(given, list) else []
    )
    return "\n".join(_text(one, "text") or _text(one, "fallback") for one in parts)


def _author(message: Mapping[str, Any]) -> str:
    profile = message.get("user_profile")
    if isinstance(profile, Mapping):
        for name in ("display_name", "real_name", "name"):
            if found := _text(profile, name):
                return found
    return _text(message, "username") or _text(message, "user")


def _link(channel: str, ts: str, thread: str, config: Mapping[str, Any]) -> str:
    """The message's address; empty while the workspace's name in addresses is not known."""
    domain = config.get("domain")
    if not isinstance(domain, str) or not _DOMAIN.fullmatch(domain):
        return ""
    reply = "" if thread == ts else f"?thread_ts={thread}&cid={channel}"
    return f"https://{domain}.slack.com/archives/{channel}/p{ts.replace('.', '')}{reply}"


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    return value if isinstance(value, str) else ""
