"""GitHub issues: all of them at first, then what has changed; comments as evidence.

One list of issues and one list of comments for the whole repository, both in the order of their
last change, so that two calls see whatever is new and an ETag makes them free when nothing is.
GraphQL would need fewer calls at first, but it has no answer that costs nothing.

Settings: `repository` (owner/name), `labels` (one of them is needed), `labels_left_out`,
`only_open` (of what was there before the first fetch), `comments` (true unless said otherwise).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from clusters.forges.github.answers import Answer
from clusters.forges.github.client import Client
from clusters.forges.github.errors import GitHubError
from clusters.forges.github.events import moment
from clusters.forges.github.reading import check_full_name
from clusters.sources import github_shapes as shapes
from clusters.sources.base import (
    COMMENTS_LIMIT,
    Filtered,
    IncomingComment,
    IncomingReport,
    Page,
    Read,
    SourceError,
)
from clusters.sources.comments import only_comments
from clusters.sources.github_shapes import Choice, Json
from clusters.sources.windows import LARGEST, Window, entries

Known = Callable[[Collection[str]], set[str]]  # of these ids, those that are stored

ISSUES, COMMENTS = "issues", "comments"
# Our clock and GitHub's may disagree by this much.
_CLOCKS = timedelta(minutes=10)


@dataclass(slots=True)
class _State:
    """The cursor, read: `stage` says which list a broken fetch stands in, '' when none did."""

    asked: str = ""  # the repository's name and the choice
    repository_id: int = 0
    began: datetime | None = None  # the first fetch
    first: bool = True  # it has not come to its end yet
    newest: int = 0  # the highest number of an issue that was seen
    stage: str = ""
    done: int = 0
    total: int | None = None
    windows: dict[str, Window] = field(default_factory=dict)

    @classmethod
    def of(cls, cursor: Json) -> _State:
        state = cls(windows={name: Window.of(cursor.get(name)) for name in (ISSUES, COMMENTS)})
        for name in ("asked", "repository_id", "first", "newest", "stage", "done", "total"):
            if name in cursor:
                setattr(state, name, cursor[name])
        state.began = moment(cursor.get("began"))
        return state

    def kept(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "asked": self.asked,
            "repository_id": self.repository_id,
            "began": self.began.isoformat() if self.began else "",
            "first": self.first,
            "newest": self.newest,
            **{name: window.kept() for name, window in self.windows.items()},
        }
        running = {"stage": self.stage, "done": self.done, "total": self.total}
        return told | (running if self.stage else {})


class GitHubIssues:
    """The issues of one repository. `known` says which reports are stored already."""

    kind = "github"
    label = "GitHub issues"

    def __init__(self, client: Client, known: Known = lambda ids: set()) -> None:
        self._client = client
        self._known = known

    def pages(self, config: Json, cursor: Json) -> Iterator[Page]:
        """Everything new since the cursor, oldest change first."""
        choice = Choice.of(config)
        state = self._found(_State.of(cursor), str(config.get("repository") or ""), choice)
        if state.stage != COMMENTS:
            yield from self._issues(state, choice)
        if choice.comments:
            yield from self._comments(state)
        state.stage, state.first, state.done, state.total = "", False, 0, None
        yield Page([], state.kept())

    def look(self, config: Json) -> str:
        """A sentence about what is there; raises ForgeError or SourceError."""
        facts = self._facts(str(config.get("repository") or ""))
        count = facts.get("open_issues_count")
        return (
            f"{facts.get('full_name')} can be read. It has {count} open issues and pull requests."
        )

    def _facts(self, repository: str) -> Json:
        facts = self._client.get(f"/repos/{check_full_name(repository)}")
        if not isinstance(facts, dict) or not isinstance(facts.get("id"), int):
            said = "GitHub's answer about the repository could not be read. It is tried again."
            raise SourceError("source_unreadable", said, retry_after=300.0)
        if facts.get("has_issues") is False:
            said = (
                f"Issues are turned off in {repository}: turn them on in its settings on GitHub, "
                "or connect the repository that has them."
            )
            raise SourceError("issues_disabled", said)
        return facts

    def _found(self, state: _State, repository: str, choice: Choice) -> _State:
        """Where to go on; from the start when another repository or other issues are wanted."""
        asked = f"{repository.lower()} {choice.key}"
        if state.repository_id and state.asked == asked:
            return state
        facts = self._facts(repository)
        renamed = state.repository_id == facts["id"] and state.asked.endswith(f" {choice.key}")
        if not renamed:
            state = _State.of({"repository_id": facts["id"]})
            state.began = datetime.now(UTC) - _CLOCKS
            state.newest = self._highest_number(repository)
            opened = facts.get("open_issues_count")
            state.total = opened if choice.only_open else state.newest
        state.asked = asked
        return state

    def _highest_number(self, repository: str) -> int:
        """Issues and pull requests are numbered together: about how many there are."""
        query = {"state": "all", "sort": "created", "direction": "desc", "per_page": 1}
        listed = self._client.get(f"/repos/{repository}/issues", query)
        return max((shapes.number_of(each) for each in listed or ()), default=0)

    def _issues(self, state: _State, choice: Choice) -> Iterator[Page]:
        state.stage, window = ISSUES, state.windows[ISSUES]
        which = {"state": "open" if choice.only_open and state.first else "all"}
        for listed in entries(window, self._asking(state, "issues", which)):
            issues = [each for each in listed if not shapes.is_pull(each)]
            state.newest = max([state.newest, *map(shapes.number_of, listed)])
            state.done += len(listed)
            yield Page(self._read(state, choice, issues), state.kept(), state.total)
        if choice.only_open and state.first:
            # What was closed while we read the open ones was in none of these lists.
            window.since, window.etag = state.began, ""
        state.stage = COMMENTS if choice.comments else ""

    def _read(self, state: _State, choice: Choice, issues: Sequence[Json]) -> list[Read]:
        ids = {shapes.identity(state.repository_id, shapes.number_of(each)) for each in issues}
        known, now = self._known(ids), datetime.now(UTC)
        read: list[Read] = []
        for issue in issues:
            name = shapes.identity(state.repository_id, shapes.number_of(issue))
            report = shapes.wanted_report(
                issue,
                state.repository_id,
                choice,
                began=state.began,
                known=name in known,
                read_at=now,
            )
            if isinstance(report, IncomingReport) and name not in known and choice.comments:
                report = self._with_earlier_comments(state, issue, report)
            read.append(report)
        return read

    def _with_earlier_comments(
        self, state: _State, issue: Json, report: IncomingReport
    ) -> IncomingReport:
        """An old issue that is new to us: the list of comments has passed its comments by."""
        since, created = state.windows[COMMENTS].since, moment(issue.get("created_at"))
        if since is None or created is None or created >= since or not issue.get("comments"):
            return report
        path = f"{_path(state)}/issues/{shapes.number_of(issue)}/comments"
        found: list[IncomingComment] = []
        now = datetime.now(UTC)
        for page in range(1, COMMENTS_LIMIT // LARGEST + 1):
            listed = self._client.get(path, {"per_page": LARGEST, "page": page})
            found += [each for told in listed if (each := shapes.comment_of(told, now))]
            if len(listed) < LARGEST:
                break
        return replace(report, comments=tuple(found))

    def _comments(self, state: _State) -> Iterator[Page]:
        state.stage, window = COMMENTS, state.windows[COMMENTS]
        for listed in entries(window, self._asking(state, "issues/comments", {})):
            found: dict[int, list[IncomingComment]] = defaultdict(list)
            now = datetime.now(UTC)
            for told in listed:
                number = shapes.issue_number_of(told)
                comment = shapes.comment_of(told, now) if number else None
                if comment is not None:
                    found[number].append(comment)
            yield Page(self._placed(state, found), state.kept(), state.total)

    def _placed(self, state: _State, found: Mapping[int, Sequence[IncomingComment]]) -> list[Read]:
        """Comments of stored issues; an issue that was opened a moment ago comes with its own."""
        named = {shapes.identity(state.repository_id, number): number for number in found}
        known = self._known(named)
        late = sorted(named[name] for name in set(named) - known if named[name] > state.newest)
        return [
            *(only_comments(name, found[named[name]]) for name in sorted(known)),
            *(self._late(state, number, found[number]) for number in late),
        ]

    def _late(self, state: _State, number: int, comments: Sequence[IncomingComment]) -> Read:
        try:
            issue = self._client.get(f"{_path(state)}/issues/{number}")
        except GitHubError as error:
            if error.status not in {404, 410}:
                raise
            return Filtered("It was deleted or moved before it could be read.")
        report = shapes.report_of(issue, state.repository_id, datetime.now(UTC))
        if isinstance(report, IncomingReport):
            return replace(report, comments=tuple(comments))
        return report

    def _asking(
        self, state: _State, rest: str, fixed: Json
    ) -> Callable[[Mapping[str, Any], str], Answer]:
        def ask(query: Mapping[str, Any], seen: str) -> Answer:
            path = f"{_path(state)}/{rest}"
            return self._client.call("GET", path, query={**fixed, **query}, seen=seen)

        return ask


def _path(state: _State) -> str:
    """By its id: a name may be another repository's one day."""
    return f"/repositories/{state.repository_id}"
