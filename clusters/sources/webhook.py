"""Any program that posts signed JSON; the settings say where in it the fields of a report are."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from clusters.sources import signatures
from clusters.sources.base import Answer, IncomingReport, Read, Received, Unverified
from clusters.sources.build import RawReport, build_report, once_each, refuse
from clusters.sources.dates import parse_date
from clusters.sources.decoding import decode
from clusters.sources.fields import NEEDED, as_text, field_columns, has_content_column
from clusters.sources.json_lines import load_json
from clusters.sources.json_paths import PathError, compiled, find

FIELDS = ("title", "body", "author", "external_id", "url", "occurred_at", "revised_at")
SCHEMES = ("timestamp", "github")  # what senders are told to sign with; both are understood
ITEMS_LIMIT = 1_000  # reports of one message
EXTRA_LIMIT = 20
LONGEST_NAME = 100  # characters
SIGNATURE = "X-Soulcaster-Signature"
PLAIN_SIGNATURE = "X-Hub-Signature-256"
_PLAIN = re.compile(r"sha256=([0-9a-fA-F]{64})", re.ASCII)
_NOT_JSON = "What was sent is not JSON"


class WebhookSource:
    """Signed with `X-Soulcaster-Signature: t=<seconds>,v1=<hex>`, or as GitHub does it."""

    kind = "webhook"
    label = "Webhook"
    signs = True
    content_types = ("application/json",)

    def verify(self, received: Received, secret: str, now: datetime) -> None:
        """HMAC-SHA256 of `<seconds>.<body>`, five minutes long; or of the body alone."""
        if header := received.headers.get(SIGNATURE.lower(), ""):
            time, given = signatures.stamped(header)
            signatures.require_fresh(time, now, SIGNATURE)
            expected = signatures.hex_hmac(secret, f"{time}.".encode(), received.body)
            known = signatures.is_one_of(given, expected)
        elif header := received.headers.get(PLAIN_SIGNATURE.lower(), ""):
            match = _PLAIN.fullmatch(header.strip())
            expected = signatures.hex_hmac(secret, received.body)
            known = signatures.same(match[1].lower() if match else "", expected)
        else:
            raise Unverified(f"There is no signature: send {SIGNATURE}, or {PLAIN_SIGNATURE}.")
        if not known:
            raise Unverified("The signature does not fit: is the secret the same on both sides?")

    def greeting(self, received: Received) -> Answer | None:
        """GitHub's scheme has a ping; it is an event that carries no report."""
        ping = received.headers.get("x-github-event") == "ping"
        return Answer(200, '{"received": false}') if ping else None

    def delivery_id(self, received: Received) -> str:
        """The signed content itself: an id in a header could be changed by who sends it again."""
        time, _ = signatures.stamped(received.headers.get(SIGNATURE.lower(), ""))
        return "sha256:" + hashlib.sha256(f"{time}.".encode() + received.body).hexdigest()

    def kept_headers(self, received: Received) -> Mapping[str, str]:
        """None are needed."""
        return {}

    def read(
        self, headers: Mapping[str, str], body: bytes, config: Mapping[str, Any]
    ) -> Iterator[Read]:
        """The report of a message, or every one of the list that `items` leads to."""
        text, notes = decode(body)
        try:
            data = load_json(text)
        except ValueError as error:
            yield refuse(1, f"{_NOT_JSON}: {error}.", text)
            return
        try:
            yield from once_each(_reports(data, config, notes))  # type: ignore[arg-type]
        except PathError as error:
            yield refuse(1, f"The source's settings do not fit: {error}")


def preview(config: Mapping[str, Any], sample: str | bytes) -> list[Read]:
    """What these settings would make of a message; nothing is stored."""
    body = sample.encode(errors="replace") if isinstance(sample, str) else sample
    return list(WebhookSource().read({}, body, config))


def check_config(config: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with the settings, by the name of the setting; empty: nothing.

    `mapping`: field -> path, and `items`; `extra`: name -> path, kept beside the report.
    """
    wrong: dict[str, str] = {}
    if (scheme := config.get("scheme", SCHEMES[0])) not in SCHEMES:
        wrong["scheme"] = f"“{as_text(scheme)[:40]}” is none of {', '.join(SCHEMES)}."
    for name, allowed in (("mapping", (*FIELDS, "items")), ("extra", None)):
        given = config.get(name) or {}
        try:
            _check_paths(given, allowed)
        except PathError as error:
            wrong[name] = str(error)
    return wrong


def _check_paths(given: object, allowed: tuple[str, ...] | None) -> None:
    if not isinstance(given, Mapping):
        raise PathError("This has to be names with a path for each.")
    if allowed is None and len(given) > EXTRA_LIMIT:
        raise PathError(f"Give at most {EXTRA_LIMIT}.")
    for field, path in given.items():
        if len(field) > LONGEST_NAME:
            raise PathError(f"A name has at most {LONGEST_NAME} characters.")
        if allowed is not None and field not in allowed:
            raise PathError(f"“{field[:40]}” is none of {', '.join(allowed)}.")
        if not isinstance(path, str):
            raise PathError(f"The path of {field[:40]} has to be a text.")
        if path:
            compiled(path)
    if (
        allowed is not None
        and any(given.values())
        and not (given.get("title") or given.get("body"))
    ):
        raise PathError("Say where the title or the body is.")


def _reports(
    data: object, config: Mapping[str, Any], notes: Mapping[str, str]
) -> Iterator[tuple[int, Read]]:
    mapping = _paths(config.get("mapping"))
    path = mapping.pop("items", "")
    items = find(data, path, empty=True) if path else data
    if path and items is None:
        yield 1, refuse(1, f"There is nothing at {path}, where the list of reports should be.")
        return
    rows = items if isinstance(items, list) else [items]
    if len(rows) > ITEMS_LIMIT:
        yield (
            1,
            refuse(1, f"At most {ITEMS_LIMIT:,} reports are taken at once; {len(rows):,} came."),
        )
        return
    extra = _paths(config.get("extra"))
    for row, item in enumerate(rows, start=1):
        yield row, _report(row, item, mapping, extra, notes)


def _paths(given: object) -> dict[str, str]:
    if not isinstance(given, Mapping):
        return {}
    return {str(name): path for name, path in given.items() if isinstance(path, str) and path}


def _report(
    row: int,
    item: object,
    mapping: Mapping[str, str],
    extra: Mapping[str, str],
    notes: Mapping[str, str],
) -> Read:
    if not isinstance(item, Mapping):
        return refuse(row, "A report has to be a JSON object with named fields.", as_text(item))
    fields = _mapped(item, mapping) if mapping else _guessed(item)
    if not mapping and not has_content_column(fields):
        found = ", ".join(str(name) for name in item)[:300] or "none"
        return refuse(row, f"The fields found are: {found}. Needed is {NEEDED}.", as_text(item))
    revised_at = parse_date(fields.pop("revised_at", ""))
    kept = {name: as_text(find(item, path)) for name, path in extra.items()}
    report = build_report(row, RawReport(**fields, extra=kept), notes)
    return replace(report, revised_at=revised_at) if isinstance(report, IncomingReport) else report


def _mapped(item: Mapping[str, Any], mapping: Mapping[str, str]) -> dict[str, str]:
    return {name: as_text(find(item, path)) for name, path in mapping.items() if name in FIELDS}


def _guessed(item: Mapping[str, Any]) -> dict[str, str]:
    """The fields by their usual names."""
    return {field: as_text(item[name]) for field, name in field_columns(item).items()}
