"""Messages as other systems send them, made up and signed, to try a source with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from clusters.models import Source
from clusters.sources import sentry, signatures, slack, webhook
from clusters.sources.base import Received
from clusters.sources.json_paths import PathError, compiled

TITLE = "A test: the total is wrong with two coupons"
_BODY = "Both coupons are taken off twice. This is a sample; nothing of it is stored."
_AUTHOR = "dana@example.org"
_ID = "00000000000000000000000000000001"
_FRAME = {
    "filename": "shop/basket.py",
    "function": "total",
    "module": "shop.basket",
    "lineno": 41,
    "in_app": True,
}
_EXCEPTION = {
    "values": [{"type": "ValueError", "value": TITLE, "stacktrace": {"frames": [_FRAME]}}]
}
_MOST_PLACES = 20  # of a list that a path leads into

Config = Mapping[str, Any]


def sample_of(kind: str, config: Config, secret: str, now: datetime) -> Received | None:
    """A signed message that the source's own settings let through; None for a kind of others."""
    make = _KINDS.get(kind)
    return make(config, secret, now) if make else None


def webhook_message(config: Config, now: datetime) -> Any:
    """A message with a report at every place that the settings name."""
    mapping = {name: path for name, path in (config.get("mapping") or {}).items() if path}
    values = {
        "title": TITLE,
        "body": _BODY,
        "author": _AUTHOR,
        "external_id": "ticket-1042",
        "url": "https://support.example.org/tickets/1042",
        "occurred_at": now.isoformat(timespec="seconds"),
    }
    items = mapping.pop("items", "")
    report: dict[str, Any] = {} if mapping else dict(values)
    for name, path in mapping.items():
        if name in values:
            _put(report, path, values[name])
    for name, path in (config.get("extra") or {}).items():
        _put(report, path, f"a value of {name}")
    if not items:
        return report
    message: Any = {} if isinstance(_first_step(items), str) else []
    _put(message, items, [report])
    return message


def _webhook(config: Config, secret: str, now: datetime) -> Received:
    body = json.dumps(webhook_message(config, now)).encode()
    seconds = str(int(now.timestamp()))
    signature = signatures.hex_hmac(secret, f"{seconds}.".encode(), body)
    headers = {
        "content-type": "application/json",
        webhook.SIGNATURE.lower(): f"t={seconds},v1={signature}",
    }
    return Received(headers, body)


def _sentry(config: Config, secret: str, now: datetime) -> Received:
    event = _event(config, now) | {
        "web_url": "https://sentry.example.org/organizations/shop/issues/1042/",
        "issue_id": "1042",
        "project": {"slug": _first(config, "projects", "shop")},
    }
    body = json.dumps({"action": "created", "data": {"error": event}}).encode()
    headers = {
        "content-type": "application/json",
        sentry.RESOURCE.lower(): "error",
        sentry.TIMESTAMP.lower(): str(int(now.timestamp())),
        sentry.SIGNATURE.lower(): signatures.hex_hmac(secret, body),
        "request-id": _ID,
    }
    return Received(headers, body)


def _sdk(config: Config, secret: str, now: datetime) -> Received:
    return Received({}, json.dumps(_event(config, now)).encode())


def _slack(config: Config, secret: str, now: datetime) -> Received:
    event = {
        "type": "message",
        "channel": _first(config, "channels", "C024BE91L"),
        "user": "U0SAMPLE1",
        "text": f"{TITLE}. {_BODY}",
        "ts": f"{int(now.timestamp())}.000100",
    }
    told = {"type": "event_callback", "event_id": "Ev0SAMPLE1", "event": event}
    body = json.dumps(told).encode()
    seconds = str(int(now.timestamp()))
    signature = signatures.hex_hmac(secret, f"v0:{seconds}:".encode(), body)
    headers = {
        "content-type": "application/json",
        slack.TIMESTAMP.lower(): seconds,
        slack.SIGNATURE.lower(): f"v0={signature}",
    }
    return Received(headers, body)


_KINDS: dict[str, Callable[[Config, str, datetime], Received]] = {
    Source.Kind.WEBHOOK: _webhook,
    Source.Kind.SENTRY: _sentry,
    Source.Kind.SDK: _sdk,
    Source.Kind.SLACK: _slack,
}


def _event(config: Config, now: datetime) -> dict[str, Any]:
    return {
        "event_id": _ID,
        "timestamp": now.isoformat(timespec="seconds"),
        "environment": _first(config, "environments", "production"),
        "level": _first(config, "levels", "error"),
        "platform": "python",
        "message": _BODY,
        "user": {"email": _AUTHOR},
        "exception": _EXCEPTION,
    }


def _first(config: Config, name: str, usual: str) -> str:
    wanted = config.get(name) or [usual]
    return str(wanted[0])


def _first_step(path: str) -> str | int:
    try:
        return compiled(path)[0][0]
    except PathError:
        return ""


def _put(data: Any, path: str, value: object) -> None:
    """Put a value where a path's first alternative leads to, if it can lead there."""
    try:
        steps = compiled(path)[0]
    except PathError:
        return
    place: Any = data
    for step, following in zip(steps, (*steps[1:], None), strict=True):
        fresh: Any = value if following is None else [] if isinstance(following, int) else {}
        needed: type[Any] = list if isinstance(step, int) else dict
        if not isinstance(place, needed):
            return
        if isinstance(step, int):
            while len(place) <= min(max(step, 0), _MOST_PLACES):
                place.append(None)
            step = -1 if step < 0 else min(step, _MOST_PLACES)
            if following is None or not isinstance(place[step], type(fresh)):
                place[step] = fresh
        elif following is None or not isinstance(place.get(step), type(fresh)):
            place[step] = fresh
        place = place[step]
