"""GitHub's webhook payloads, read defensively: odd ones become empty values, never an error."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from clusters.forges.base import Pull, PullState

MAX_NUMBER = 2**31 - 1
MAX_ID = 2**63 - 1
MAX_BODY = 65_000
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NO_SHA = re.compile("0+")

Payload = Mapping[str, Any]


class NotAPayload(ValueError):
    """It is no JSON object."""


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository that an event is about. `id` is 0 when the event names none."""

    id: int
    full_name: str
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class PullEvent:
    """A pull request as it was when the event happened.

    `ended_at`: when it was merged or closed. `own_branch`: its head lies in the same repository
    and not in a fork.
    """

    action: str
    pull: Pull
    at: datetime
    ended_at: datetime | None
    own_branch: bool


@dataclass(frozen=True, slots=True)
class PushEvent:
    """A branch moved. `after` is '' when it was deleted; `branch` is '' when it was a tag."""

    branch: str
    after: str


@dataclass(frozen=True, slots=True)
class RepositoryEvent:
    """Something happened to the repository itself. `old_name`: owner/name before, or ''."""

    action: str
    repository: Repository
    old_name: str


def load(text: str) -> Payload:
    """The payload of a body; raises NotAPayload."""
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAPayload(str(error)) from None
    if not isinstance(payload, dict):
        raise NotAPayload("It is no object.")
    return payload


def action_of(payload: Payload) -> str:
    """What happened, or '' for events of one kind only."""
    return _line(payload.get("action"), 64)


def repository_of(payload: Payload) -> Repository:
    """The repository that the event is about."""
    told = _part(payload, "repository")
    return Repository(
        id=_number(told.get("id"), MAX_ID),
        full_name=_line(told.get("full_name"), 250),
        updated_at=moment(told.get("updated_at")),
    )


def pull_of(payload: Payload) -> PullEvent | None:
    """The pull request of an event; None when what is needed to follow it is missing."""
    told = _part(payload, "pull_request")
    head, base = _part(told, "head"), _part(told, "base")
    number, at = _number(told.get("number"), MAX_NUMBER), moment(told.get("updated_at"))
    branch, head_sha = _line(head.get("ref"), 250), _sha(head.get("sha"))
    state = _state(told)
    if not (number and at and branch and head_sha and state):
        return None
    merged = state is PullState.MERGED
    pull = Pull(
        number=number,
        url=_web_address(told.get("html_url")),
        branch=branch,
        base_branch=_line(base.get("ref"), 250),
        title=_line(told.get("title"), 300),
        body=_text(told.get("body"), MAX_BODY),
        state=state,
        draft=told.get("draft") is True,
        head_sha=head_sha,
        base_sha=_sha(base.get("sha")),
        author=_line(_part(told, "user").get("login"), 100),
        created_at=_line(told.get("created_at"), 40),
        updated_at=at.isoformat(),
        merge_sha=_sha(told.get("merge_commit_sha")) if merged else "",
    )
    ended_at = moment(told.get("merged_at")) or moment(told.get("closed_at"))
    return PullEvent(action_of(payload), pull, at, ended_at, _same_repository(head, base))


def push_of(payload: Payload) -> PushEvent:
    """The branch of a push."""
    kind, _, branch = _line(payload.get("ref"), 300).partition("refs/heads/")
    return PushEvent("" if kind else branch, _sha(payload.get("after")))


def repository_event_of(payload: Payload) -> RepositoryEvent:
    """What happened to a repository, and its name before that."""
    repository, action = repository_of(payload), action_of(payload)
    return RepositoryEvent(action, repository, _old_name(payload, action, repository.full_name))


def moment(value: object) -> datetime | None:
    """A time with its zone, from ISO 8601 or from seconds since 1970; None when it is neither."""
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _state(told: Payload) -> PullState | None:
    if told.get("merged") is True or moment(told.get("merged_at")):
        return PullState.MERGED
    known = {"open": PullState.OPEN, "closed": PullState.CLOSED}
    return known.get(_line(told.get("state"), 10))


def _same_repository(head: Payload, base: Payload) -> bool:
    ours, theirs = _part(base, "repo").get("id"), _part(head, "repo").get("id")
    return ours is not None and ours == theirs


def _old_name(payload: Payload, action: str, new_name: str) -> str:
    owner, _, name = new_name.partition("/")
    changes = _part(payload, "changes")
    if action == "renamed":
        old = _line(_part(_part(changes, "repository"), "name").get("from"), 100)
        return f"{owner}/{old}" if owner and old else ""
    if action == "transferred":
        before = _part(_part(changes, "owner"), "from")
        person = _part(before, "user") or _part(before, "organization")
        old = _line(person.get("login"), 100)
        return f"{old}/{name}" if old and name else ""
    return ""


def _part(payload: Payload, name: str) -> Payload:
    part = payload.get(name)
    return part if isinstance(part, dict) else {}


def _number(value: object, most: int) -> int:
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= most
    return value if fits and isinstance(value, int) else 0


def _sha(value: object) -> str:
    if isinstance(value, str) and _SHA.fullmatch(value) and not _NO_SHA.fullmatch(value):
        return value
    return ""


def _text(value: object, most: int) -> str:
    """What every database can keep: no NUL, no half of a letter."""
    if not isinstance(value, str):
        return ""
    return value[:most].replace("\0", "").encode(errors="replace").decode()


def _line(value: object, most: int) -> str:
    return "".join(letter for letter in _text(value, most) if letter.isprintable()).strip()


def _web_address(value: object) -> str:
    address = _line(value, 1000)
    return address if address.startswith(("https://", "http://")) else ""
