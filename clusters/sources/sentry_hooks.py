"""What the bodies of Sentry's webhooks say: events, issues and comments.

An event is a report. An issue is one too, and tells when Sentry holds it for settled. All of one
issue share its fingerprint, so that they stand in one cluster.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from clusters.sources import sentry_events
from clusters.sources.base import FINGERPRINT_LIMIT, Filtered, IncomingReport, Read
from clusters.sources.build import RawReport, build_report, refuse, safe_url
from clusters.sources.comments import build_comment
from clusters.sources.dates import parse_date
from clusters.sources.fields import as_text

_ISSUE_ID = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
_ISSUE_AT_END = re.compile(r"/issues/([A-Za-z0-9_-]{1,40})/?\Z", re.ASCII)
_PROJECT = re.compile(r"/projects/[^/]{1,100}/([^/]{1,100})/")
_SETTLED = {"resolved", "ignored", "archived"}


def read(resource: str, told: Mapping[str, Any], at: str, config: Mapping[str, Any]) -> Read:
    """One message. `at` is when it was sent, as Sentry says."""
    data = _map(told.get("data"))
    for name in ("event", "error"):
        if isinstance(event := data.get(name), Mapping):
            return _event(event, _issue_of(event), config)
    if isinstance(issue := data.get("issue"), Mapping):
        return _issue(issue, _text(told.get("action")), at, config)
    if resource == "comment":
        return _comment(data, told, at)
    if isinstance(event := told.get("event"), Mapping):
        return _event(_older(event, told), _text(told.get("id")), config)
    return Filtered("This tells of no error.")


def _event(event: Mapping[str, Any], issue_id: str, config: Mapping[str, Any]) -> Read:
    if unwanted := _unwanted(config, "projects", "project", _projects(event)):
        return unwanted
    report = sentry_events.from_event(_as_sent(event), config)
    if not isinstance(report, IncomingReport):
        return report
    return replace(
        report,
        url=safe_url(_text(event.get("web_url"))),
        fingerprint=_mark(issue_id) or report.fingerprint,
    )


def _as_sent(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event as an SDK would have sent it: webhooks move some of it to other names."""
    tags = _tags(event.get("tags"))
    return {
        **event,
        "environment": event.get("environment") or tags.get("environment", ""),
        "level": event.get("level") or tags.get("level", ""),
        "release": event.get("release") or tags.get("release", ""),
        "message": event.get("message") or event.get("title"),
        "timestamp": event.get("datetime") or event.get("dateCreated") or event.get("timestamp"),
        "transaction": event.get("transaction") or event.get("culprit"),
        "tags": [*tags.items()],
    }


def _older(event: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """An event of the older webhook, which belongs to one project, in the words of the newer one."""
    return {
        **event,
        "exception": event.get("exception") or event.get("sentry.interfaces.Exception"),
        "user": event.get("user") or event.get("sentry.interfaces.User"),
        "logentry": event.get("logentry") or event.get("sentry.interfaces.Message"),
        "message": event.get("message") or told.get("message"),
        "culprit": event.get("culprit") or told.get("culprit"),
        "level": event.get("level") or told.get("level"),
        "web_url": told.get("url"),
        "project": {"id": event.get("project"), "slug": told.get("project_slug")},
    }


def _issue(issue: Mapping[str, Any], action: str, at: str, config: Mapping[str, Any]) -> Read:
    issue_id, level = _text(issue.get("id")), _text(issue.get("level"))
    if not _ISSUE_ID.fullmatch(issue_id):
        return refuse(1, "The issue has no id.", as_text(issue))
    projects = _projects(issue)
    if unwanted := _unwanted(config, "projects", "project", projects) or _unwanted(
        config, "levels", "level", [level]
    ):
        return unwanted
    state = _text(issue.get("status")) or action
    revised_at = parse_date(at) or parse_date(_text(issue.get("lastSeen")))
    settled = state.lower() in _SETTLED
    if config.get("environments"):
        # It does not say where it happened: it tells of reports that are here, and makes none.
        return _about(issue_id, revised_at=revised_at, archived=settled)
    report = build_report(1, _fields(issue, issue_id, level, projects, state))
    if not isinstance(report, IncomingReport):
        return report
    return replace(report, fingerprint=_mark(issue_id), revised_at=revised_at, archived=settled)


def _fields(
    issue: Mapping[str, Any], issue_id: str, level: str, projects: list[str], state: str
) -> RawReport:
    about, where = _map(issue.get("metadata")), _text(issue.get("culprit"))
    file, function = _text(about.get("filename")), _text(about.get("function"))
    parts = [
        _text(about.get("value")),
        f"In {where}" if where else "",
        f"File {file}" + (f", function {function}" if function else "") if file else "",
    ]
    return RawReport(
        title=_text(issue.get("title")) or _text(about.get("title")),
        body="\n".join(part for part in parts if part),
        external_id=_external_id(issue_id),
        url=_text(issue.get("web_url")) or _text(issue.get("permalink")),
        occurred_at=_text(issue.get("firstSeen")),
        extra={
            "level": level,
            "short_id": _text(issue.get("shortId")),
            "project": next(iter(projects), ""),
            "platform": _text(issue.get("platform")),
            "events": _text(issue.get("count")),
            "users": _text(issue.get("userCount")),
            "state": state,
        },
    )


def _comment(data: Mapping[str, Any], told: Mapping[str, Any], at: str) -> Read:
    if told.get("action") == "deleted":
        return Filtered("A comment was deleted: as evidence it stays.")
    issue_id, written = _text(data.get("issue_id")), parse_date(_text(data.get("timestamp")))
    comment = build_comment(
        _text(data.get("comment_id")),
        _text(data.get("comment")),
        author=_text(_map(told.get("actor")).get("name")),
        occurred_at=written,
        revised_at=parse_date(at) or written,
    )
    if comment is None or not _ISSUE_ID.fullmatch(issue_id):
        return Filtered("A comment without a text, or without its issue.")
    return _about(issue_id, comments=[comment])


def _about(issue_id: str, **said: Any) -> IncomingReport:
    """Something about an issue that makes no report where there is none."""
    return IncomingReport(
        external_id=_external_id(issue_id), title="", body="", fingerprint=_mark(issue_id), **said
    )


def _unwanted(
    config: Mapping[str, Any], setting: str, what: str, found: list[str]
) -> Filtered | None:
    given = config.get(setting)
    wanted = {_text(one).lower() for one in given} if isinstance(given, list) else set()
    if not wanted or wanted & {one.lower() for one in found}:
        return None
    said = f"Its {what}, {found[0][:100]!r}, is" if any(found) else f"It names no {what}, which is"
    return Filtered(f"{said} not among those that this source takes.")


def _projects(where: Mapping[str, Any]) -> list[str]:
    """What the project is called: slug, id, name."""
    project = where.get("project")
    named = _map(project)
    in_address = _PROJECT.search(_text(where.get("url"))[:1_000])
    given = [named.get("slug"), project, named.get("id"), named.get("name")]
    found = [in_address[1] if in_address else "", *(_text(one) for one in given)]
    return [one for one in dict.fromkeys(found) if one]


def _issue_of(event: Mapping[str, Any]) -> str:
    at_end = _ISSUE_AT_END.search(_text(event.get("issue_url"))[:1_000])
    return _text(event.get("issue_id")) or (at_end[1] if at_end else "")


def _external_id(issue_id: str) -> str:
    return f"issue:{issue_id}"


def _mark(issue_id: str) -> str:
    return f"sentry:{issue_id}"[:FINGERPRINT_LIMIT] if _ISSUE_ID.fullmatch(issue_id) else ""


def _tags(given: object) -> dict[str, str]:
    """Tags as pairs, as objects with key and value, or as one object."""
    if isinstance(given, Mapping):
        return {_text(name): _text(value) for name, value in list(given.items())[:100]}
    found: dict[str, str] = {}
    for one in given[:100] if isinstance(given, list) else []:
        if isinstance(one, Mapping):
            found[_text(one.get("key"))] = _text(one.get("value"))
        elif isinstance(one, list) and len(one) == 2:
            found[_text(one[0])] = _text(one[1])
    return found


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
