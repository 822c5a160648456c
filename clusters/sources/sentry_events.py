"""Events, as Sentry's SDKs send them and its webhooks repeat them, as reports.

Never raises because of what is in an event: it is whatever a stranger's program has sent.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from clusters.sources import traces
from clusters.sources.base import TITLE_LIMIT, Filtered, Parsed, Read, Refused
from clusters.sources.build import RawReport, build_report, refuse
from clusters.sources.cleaning import clean_line, shorten
from clusters.sources.dates import parse_date
from clusters.sources.json_lines import load_json

BREADCRUMBS = 5  # the last ones
BREADCRUMB_LIMIT = 90  # characters of each
TAGS = 15
PARTS = 20  # of a fingerprint that the program gives itself
WORD_LIMIT = 300
MESSAGE_LIMIT = 8_000
NOT_AN_EVENT = "This is not an event: a JSON object was expected."
UNTITLED = "(an event without a message)"
_PLAIN = re.compile(r"[!-~]*")
_DEFAULT = {"{{ default }}", "{{default}}"}


def read(
    kind: str,
    body: bytes,
    config: Mapping[str, Any],
    received: datetime | None = None,
    event_id: str = "",
) -> Read:
    """One item of an envelope (`event`, `feedback`, `user_report`) as a report.

    `event_id` is the envelope's, for items that have none in themselves.
    """
    text = body.decode("utf-8", "replace")
    try:
        event = load_json(text)
    except ValueError:
        return refuse(1, NOT_AN_EVENT, text)
    if not isinstance(event, dict):
        return refuse(1, NOT_AN_EVENT, text)
    event = {"event_id": event_id, **event}
    if kind == "event":
        return from_event(event, config, received)
    return from_feedback(event, config, received)


def from_event(
    event: Mapping[str, Any], config: Mapping[str, Any], received: datetime | None = None
) -> Read:
    """An event with its trace. `config`: `environments` and `levels` that are wanted, if not all.

    `received` is when it came: programs with a wrong clock are not believed what lies after it.
    """
    level = _word(event.get("level")) or "error"
    environment = _word(event.get("environment"))
    if unwanted := _unwanted(config, environment, level):
        return unwanted
    trace = _trace(event)
    message = _message(event)
    title = traces.headline(trace[0]) if trace else ""
    body = "\n\n".join(part for part in (message, traces.as_text(trace)) if part)
    raw = RawReport(
        title=shorten(title or clean_line(message) or UNTITLED, TITLE_LIMIT),
        body=body,
        author=_person(event.get("user")),
        external_id=_word(event.get("event_id")).replace("-", "").lower(),
        extra=_facts(event, trace, level, environment),
    )
    report = _dated(build_report(1, raw), event.get("timestamp"), received)
    if isinstance(report, Refused):
        return report
    return replace(report, fingerprint=_fingerprint(event, trace, report.title), trace=trace)


def from_feedback(
    event: Mapping[str, Any], config: Mapping[str, Any], received: datetime | None = None
) -> Read:
    """What a person wrote into the SDK's own feedback form, in its new form or its old one."""
    environment = _word(event.get("environment"))
    if unwanted := _unwanted({"environments": config.get("environments")}, environment, ""):
        return unwanted
    given = _mapping(_mapping(event.get("contexts")).get("feedback")) or event
    related = _word(given.get("associated_event_id")) or (
        _word(event.get("event_id")) if given is event else ""
    )
    raw = RawReport(
        body=_text(given.get("message")) or _text(given.get("comments")),
        author=_word(given.get("name"))
        or _word(given.get("contact_email"))
        or _word(given.get("email"))
        or _person(event.get("user")),
        external_id=(f"report-{related}" if related else "")
        if given is event
        else _word(event.get("event_id")),
        extra={
            "page": _page(given.get("url")),
            "event": related,
            "environment": environment,
            "release": _word(event.get("release")),
        },
    )
    return _dated(build_report(1, raw), event.get("timestamp"), received)


# --- parts of an event -----------------------------------------------------------------------


def _unwanted(config: Mapping[str, Any], environment: str, level: str) -> Filtered | None:
    for names, name, what in (
        (config.get("environments"), environment, "environment"),
        (config.get("levels"), level, "level"),
    ):
        if isinstance(names, list) and names and name not in names:
            said = f"Its {what}, {name[:100]!r}, is" if name else f"It names no {what}, which is"
            return Filtered(f"{said} not among those that this source takes.")
    return None


def _trace(event: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The exceptions; where a message was sent, the place that it was sent from, if known."""
    if found := traces.from_sentry(event.get("exception")):
        return found
    threads = [one for one in _values(event.get("threads")) if isinstance(one, dict)]
    telling = [one for one in threads if one.get("crashed") or one.get("current")] or threads
    alone = {"value": _message(event), "stacktrace": event.get("stacktrace")}
    places = [alone, *({**alone, "stacktrace": one.get("stacktrace")} for one in telling[:1])]
    return [one for one in traces.from_sentry(places) if one["frames"]][:1]


def _message(event: Mapping[str, Any]) -> str:
    entry = event.get("logentry") or event.get("message")
    if isinstance(entry, dict):
        entry = entry.get("formatted") or entry.get("message")
    return _text(entry)[:MESSAGE_LIMIT].strip()


def _fingerprint(event: Mapping[str, Any], trace: traces.Trace, title: str) -> str:
    """The program's own, with ours in the place of `{{ default }}`; empty: by the text."""
    given = event.get("fingerprint")
    ours = traces.fingerprint_of(trace) or _template(event)
    parts = [_text(part)[:500] for part in given[:PARTS]] if isinstance(given, list) else []
    if not parts or all(part in _DEFAULT for part in parts):
        return ours
    return _mark("own", [(ours or title) if part in _DEFAULT else part for part in parts])


def _template(event: Mapping[str, Any]) -> str:
    """Messages of one template are about one thing, whatever was filled in."""
    entry = _mapping(event.get("logentry"))
    template = _text(entry.get("message"))
    return _mark("template", [template]) if template and entry.get("params") else ""


def _mark(kind: str, parts: Iterable[str]) -> str:
    packed = "\0".join(parts).encode("utf-8", "replace")
    return f"{kind}:{hashlib.sha256(packed).hexdigest()[:40]}"


def _person(user: object) -> str:
    known = _mapping(user)
    return next(
        (
            found
            for name in ("username", "email", "id", "name")
            if (found := _word(known.get(name)))
        ),
        "",
    )


def _facts(
    event: Mapping[str, Any], trace: traces.Trace, level: str, environment: str
) -> dict[str, str]:
    """What is worth knowing besides: the most telling first, as their number is limited."""
    sdk, request = _mapping(event.get("sdk")), _mapping(event.get("request"))
    contexts = _mapping(event.get("contexts"))
    facts = {
        "level": level,
        "environment": environment,
        "release": _word(event.get("release")),
        "transaction": _word(event.get("transaction")),
        "page": _page(request.get("url")),
        "logger": _word(event.get("logger")),
        "platform": _word(event.get("platform")),
        "mechanism": trace[0]["mechanism"] if trace else "",
        **{name: _context(contexts.get(name)) for name in ("browser", "os", "runtime", "device")},
        "user_agent": _header(request.get("headers"), "user-agent"),
        "sdk": f"{_word(sdk.get('name'))} {_word(sdk.get('version'))}".strip(),
        "breadcrumbs": "; ".join(_breadcrumbs(event)),
    }
    tags = [(f"tag {name}", value) for name, value in _pairs(event.get("tags"))]
    return {name: value for name, value in (*facts.items(), *tags[:TAGS]) if value}


def _context(value: object) -> str:
    known = _mapping(value)
    return f"{_word(known.get('name'))} {_word(known.get('version'))}".strip()


def _header(headers: object, wanted: str) -> str:
    return next((text for name, text in _pairs(headers) if name.lower() == wanted), "")


def _pairs(given: object) -> list[tuple[str, str]]:
    """Tags and headers come as an object, or as a list of pairs."""
    pairs = given.items() if isinstance(given, dict) else given if isinstance(given, list) else []
    found = [tuple(one) for one in pairs if isinstance(one, list | tuple) and len(one) == 2]
    return [(_word(name), _word(value)) for name, value in found if _word(name)]


def _breadcrumbs(event: Mapping[str, Any]) -> list[str]:
    found = []
    for crumb in _values(event.get("breadcrumbs"))[-BREADCRUMBS:]:
        known = _mapping(crumb)
        said = _word(known.get("message")) or _page(_mapping(known.get("data")).get("url"))
        kind = _word(known.get("category")) or _word(known.get("type"))
        if line := f"{kind}: {said}" if kind and said else said or kind:
            found.append(shorten(line, BREADCRUMB_LIMIT))
    return found


def _page(url: object) -> str:
    """An address without what people have typed into it: no query, no fragment, no password."""
    text = _word(url)
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" if host else text.partition("?")[0]


def _dated(report: Parsed, stamp: object, received: datetime | None) -> Parsed:
    if isinstance(report, Refused):
        return report
    known = isinstance(stamp, int | float | str) and not isinstance(stamp, bool)
    moment = parse_date(str(stamp)) if known else None
    if moment and received and moment > received:
        moment = received
    return replace(report, occurred_at=moment or received)


# --- values of any kind ----------------------------------------------------------------------


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _values(value: object) -> list[Any]:
    """SDKs send lists as they are, or in `values`."""
    found = value.get("values") if isinstance(value, dict) else value
    return found if isinstance(found, list) else []


def _text(value: object) -> str:
    """Text and numbers; nothing of objects and lists."""
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _word(value: object) -> str:
    """One short line."""
    if isinstance(value, str) and len(value) <= WORD_LIMIT and _PLAIN.fullmatch(value):
        return value
    return shorten(clean_line(_text(value)[: 4 * WORD_LIMIT]), WORD_LIMIT)
