"""Lists for a whole repository: its issues (pull requests among them) and all their comments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.stand_ins.github import issue_shapes
from tests.stand_ins.github.http import Answer, Refused
from tests.stand_ins.github.issue_shapes import Thread
from tests.stand_ins.github.state import Comment, Repository
from tests.stand_ins.github.visits import Routes, Visit, page, repository

routes = Routes()
_REPO = "/repos/{owner}/{repo}"


@routes.on("GET", _REPO + "/issues")
def list_issues(visit: Visit) -> Answer:
    it = repository(visit)
    if not it.has_issues:
        raise Refused(410, "Issues has been disabled in this repository.")
    query = visit.request.query
    state = query.get("state", "open")
    labels = {name.lower() for name in query.get("labels", "").split(",") if name}
    found = [
        each
        for each in threads(it)
        if state in {"all", each.state} and labels <= {name.lower() for name in each.labels}
    ]
    return page(
        visit,
        _sorted(visit, found, usual="desc"),
        lambda each: issue_shapes.thread(visit.links, visit.state, it, each),
    )


@routes.on("GET", _REPO + "/issues/comments")
def list_repository_comments(visit: Visit) -> Answer:
    it = repository(visit)
    where = {said.id: each for each in threads(it) for said in each.comments}
    said: list[Comment] = [said for each in threads(it) for said in each.comments]
    return page(
        visit,
        _sorted(visit, said, usual="asc"),
        lambda one: issue_shapes.comment(visit.links, visit.state, it, where[one.id], one),
    )


def threads(it: Repository) -> list[Thread]:
    """Issues and pull requests, by their numbers."""
    both: dict[int, Thread] = {**it.issues, **it.pulls}
    return [both[number] for number in sorted(both)]


def _sorted(visit: Visit, found: Sequence[Any], *, usual: str) -> list[Any]:
    """Sorted as asked, from `since` on."""
    query = visit.request.query
    since = query.get("since", "")
    name = "updated_at" if query.get("sort") == "updated" else "created_at"
    down = query.get("direction", usual) == "desc"
    kept = [each for each in found if each.updated_at >= since]
    return sorted(kept, key=lambda each: (getattr(each, name), each.id), reverse=down)
