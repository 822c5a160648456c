"""GitHub's issues and comments as reports; read defensively, because anybody can send them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from clusters.forges.github.events import moment
from clusters.sources.base import BODY_LIMIT, Filtered, IncomingComment, Read, Refused
from clusters.sources.build import RawReport, build_report
from clusters.sources.comments import build_comment

Json = Mapping[str, Any]
_NUMBERED = re.compile(r"/issues/([0-9]{1,10})\Z")
_MOST_LABELS = 30
# Our clock and GitHub's may disagree by this much.
SETTLED = timedelta(minutes=1)
_END_OF_SECOND = timedelta(milliseconds=900)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which issues a source wants. Names of labels are in lower case; none: all."""

    labels: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    only_open: bool = False  # of those from before the first fetch
    comments: bool = True

    @classmethod
    def of(cls, config: Json) -> Choice:
        """The choice that a source's settings mean."""
        return cls(
            _names(config.get("labels")),
            _names(config.get("labels_left_out")),
            config.get("only_open") is True,
            config.get("comments") is not False,
        )

    @property
    def key(self) -> str:
        """Equal for equal choices of issues; whether comments are wanted is none of that."""
        labels, without = sorted(self.labels), sorted(self.without)
        return json.dumps([labels, without, self.only_open], ensure_ascii=False)

    def leaves_out(self, issue: Json, began: datetime | None) -> str:
        """The sentence that says why an issue is not wanted; '' when it is."""
        have = {name.lower() for name in labels_of(issue)}
        if self.labels and not self.labels & have:
            return "It has none of the labels that this source takes."
        if unwanted := sorted(self.without & have):
            return f"It has the label “{unwanted[0]}”, which this source leaves out."
        created = moment(issue.get("created_at"))
        old = began is not None and created is not None and created < began
        if self.only_open and issue.get("state") == "closed" and old:
            return "It was closed before this source was connected."
        return ""


def identity(repository_id: int, number: int) -> str:
    """An issue's id as a report: it stays when the repository is renamed."""
    return f"{repository_id}#{number}"


def number_of(issue: Json) -> int:
    """The issue's number; 0 when there is none."""
    number = issue.get("number")
    fits = isinstance(number, int) and not isinstance(number, bool) and 0 < number < 2**31
    return number if fits and isinstance(number, int) else 0


def is_pull(issue: Json) -> bool:
    """Whether it is a pull request, which GitHub lists as an issue, too."""
    return bool(issue.get("pull_request"))


def report_of(issue: Json, repository_id: int, read_at: datetime | None = None) -> Read:
    """The issue as a report. `read_at`: when GitHub was asked; None: GitHub told of it."""
    number = number_of(issue)
    if not number:
        return Refused(0, "GitHub sent an issue without a number.")
    raw = RawReport(
        title=_text(issue.get("title"))[:1000],
        body=_text(issue.get("body"))[: BODY_LIMIT * 2],
        author=_login(issue),
        external_id=identity(repository_id, number),
        url=_text(issue.get("html_url")),
        occurred_at=_text(issue.get("created_at")),
        extra=_extra(issue, number),
    )
    report = build_report(number, raw)
    if isinstance(report, Refused):
        return report
    return replace(
        report,
        revised_at=_revised(issue, read_at),
        archived=issue.get("state") == "closed",
    )


def wanted_report(
    issue: Json,
    repository_id: int,
    choice: Choice,
    *,
    began: datetime | None,
    known: bool,
    read_at: datetime | None = None,
) -> Read:
    """The issue as a report, or why the source leaves it out. A known one is always followed."""
    reason = "" if known else choice.leaves_out(issue, began)
    return Filtered(reason) if reason else report_of(issue, repository_id, read_at)


def issue_number_of(comment: Json) -> int:
    """The number of the issue that a comment stands below; 0 for one of a pull request."""
    if "/pull/" in _text(comment.get("html_url")):
        return 0
    found = _NUMBERED.search(_text(comment.get("issue_url")))
    return int(found[1]) if found else 0


def comment_of(comment: Json, read_at: datetime | None = None) -> IncomingComment | None:
    """The comment, if a person wrote it and something of it can be read."""
    number = comment.get("id")
    if _part(comment, "user").get("type") == "Bot" or not isinstance(number, int):
        return None
    return build_comment(
        str(number),
        _text(comment.get("body"))[: BODY_LIMIT * 2],
        author=_login(comment),
        url=_text(comment.get("html_url")),
        occurred_at=moment(comment.get("created_at")),
        revised_at=_revised(comment, read_at),
    )


def labels_of(issue: Json) -> list[str]:
    """Names of the issue's labels."""
    listed = issue.get("labels")
    names = [
        _text(each.get("name") if isinstance(each, dict) else each)
        for each in (listed if isinstance(listed, list) else [])
    ]
    return [name for name in names[:_MOST_LABELS] if name]


def stamp(when: datetime) -> str:
    """A moment as GitHub's `since` wants it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _revised(data: Json, read_at: datetime | None) -> datetime | None:
    """When it was changed last, of which GitHub tells whole seconds.

    It may change twice within one. What is read when that second is long over is the last state of
    it, and goes before whatever was told of it.
    """
    told = moment(data.get("updated_at"))
    settled = told is not None and read_at is not None and told < read_at - SETTLED
    return told + _END_OF_SECOND if told is not None and settled else told


def _extra(issue: Json, number: int) -> dict[str, str]:
    reactions = _part(issue, "reactions").get("total_count")
    count = issue.get("comments")
    facts = {
        "number": str(number),
        "state": _text(issue.get("state")),
        "closed_as": _text(issue.get("state_reason")) if issue.get("state") == "closed" else "",
        "labels": ", ".join(labels_of(issue)),
        "association": _text(issue.get("author_association")).lower(),
        "milestone": _text(_part(issue, "milestone").get("title")),
        "reactions": str(reactions) if isinstance(reactions, int) and reactions else "",
        "comments": str(count) if isinstance(count, int) and count else "",
    }
    return {name: value for name, value in facts.items() if value}


def _login(data: Json) -> str:
    # GitHub shows the account “ghost” in the place of a deleted one.
    return _text(_part(data, "user").get("login")) or "ghost"


def _names(value: object) -> frozenset[str]:
    listed = value if isinstance(value, list | tuple) else ()
    return frozenset(name.strip().lower() for name in listed if isinstance(name, str) and name)


def _part(data: Json, name: str) -> Json:
    part = data.get(name)
    return part if isinstance(part, dict) else {}


def _text(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return value.replace("\0", "").encode(errors="replace").decode()
