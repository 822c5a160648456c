"""What GitHub tells of issues and comments, taken in at once; fetching finds what it did not tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from clusters.forges.github import events
from clusters.forges.github.events import moment
from clusters.models import FeedbackComment, Source
from clusters.services import feedback
from clusters.services.sources import asking
from clusters.sources import github_shapes as shapes
from clusters.sources.base import Filtered, IncomingReport, Read
from clusters.sources.comments import only_comments
from clusters.sources.github_shapes import Choice

Payload = Mapping[str, Any]
# Of these, the payload tells the whole issue.
TOLD = frozenset(
    [
        "opened",
        "edited",
        "closed",
        "reopened",
        "labeled",
        "unlabeled",
        "milestoned",
        "demilestoned",
        "transferred",
        "deleted",
        "pinned",
        "unpinned",
        "locked",
        "unlocked",
        "assigned",
        "unassigned",
        "typed",
        "untyped",
    ]
)
_AWAY = frozenset({"transferred", "deleted"})
# A token that can read nothing for so long may have lost its right to.
_REFUSED_AFTER = timedelta(days=1)


def hear_issue(payload: Payload) -> int:
    """Something happened to an issue; how many sources follow it."""
    issue = _part(payload, "issue")
    if shapes.is_pull(issue) or events.action_of(payload) not in TOLD:
        return 0
    sources = _listening(payload)
    for source in sources:
        feedback.take_in(source, [_heard(source, payload, issue)])
    return len(sources)


def hear_comment(payload: Payload) -> int:
    """Somebody said something below an issue, changed it, or took it back; how many follow it."""
    issue, told = _part(payload, "issue"), _part(payload, "comment")
    if shapes.is_pull(issue) or "/pull/" in str(told.get("html_url")):
        return 0
    sources = [one for one in _listening(payload) if Choice.of(one.config).comments]
    name = _name(payload, issue)
    comment = shapes.comment_of(told)
    for source in sources:
        if events.action_of(payload) == "deleted":
            _take_back(source, name, told.get("id"))
            continue
        report = _heard(source, payload, issue)
        said = [comment] if comment is not None else []
        if isinstance(report, IncomingReport):
            feedback.take_in(source, [replace(report, comments=said)])
        else:
            feedback.take_in(source, [report, only_comments(name, said)])
    return len(sources)


def _heard(source: Source, payload: Payload, issue: Payload) -> Read:
    repository_id = events.repository_of(payload).id
    name = _name(payload, issue)
    known = bool(asking.stored(source.pk, [name]))
    action = events.action_of(payload)
    if action in _AWAY:
        return _away(name) if known else Filtered("It is gone before it was read.")
    began = moment(source.cursor.get("began"))
    choice = Choice.of(source.config)
    return shapes.wanted_report(issue, repository_id, choice, began=began, known=known)


def _away(name: str) -> IncomingReport:
    """What was deleted or moved elsewhere stays as evidence, and is closed from now on."""
    return IncomingReport(name, title="", body="", revised_at=timezone.now(), archived=True)


def _take_back(source: Source, name: str, comment_id: object) -> None:
    FeedbackComment.objects.filter(
        item__source=source, item__external_id=name, external_id=str(comment_id)
    ).delete()


def _listening(payload: Payload) -> list[Source]:
    """Sources that have read this repository with their person's token, and still may.

    A name proves nothing: anybody may write down that of a private repository. Whoever was not told
    of something yet finds it by fetching.
    """
    repository_id = events.repository_of(payload).id
    if not repository_id:
        return []
    refused = Q(last_error__gt="") & (
        Q(synced_at=None) | Q(synced_at__lt=timezone.now() - _REFUSED_AFTER)
    )
    rows = Source.objects.filter(
        kind=Source.Kind.GITHUB,
        enabled=True,
        project__archived_at=None,
        cursor__repository_id=repository_id,
    ).exclude(refused)
    return list(rows.select_related("project").order_by("id"))


def _name(payload: Payload, issue: Payload) -> str:
    return shapes.identity(events.repository_of(payload).id, shapes.number_of(issue))


def _part(payload: Payload, name: str) -> Payload:
    part = payload.get(name)
    return part if isinstance(part, dict) else {}
