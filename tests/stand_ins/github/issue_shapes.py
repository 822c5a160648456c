"""Issues and their comments as GitHub's JSON."""

from __future__ import annotations

from collections import Counter

from tests.stand_ins.github import pull_shapes, shapes
from tests.stand_ins.github.shapes import Json, Links
from tests.stand_ins.github.state import (
    Comment,
    Issue,
    Pull,
    Reaction,
    Repository,
    State,
    node_id,
)

Thread = Pull | Issue
_KINDS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


def thread(links: Links, state: State, it: Repository, found: Thread) -> Json:
    """What stands in lists of issues: an issue, or a pull request seen as one."""
    if isinstance(found, Pull):
        own = f"{links.repository(it)}/issues/{found.number}"
        more = {"reactions": _reactions(f"{own}/reactions", found.reactions)}
        return pull_shapes.issue(links, state, it, found) | more | {"active_lock_reason": None}
    return issue(links, state, it, found)


def issue(links: Links, state: State, it: Repository, found: Issue) -> Json:
    """An issue."""
    own = f"{links.repository(it)}/issues/{found.number}"
    return {
        "url": own,
        "repository_url": links.repository(it),
        "labels_url": f"{own}/labels{{/name}}",
        "comments_url": f"{own}/comments",
        "events_url": f"{own}/events",
        "html_url": f"{links.page(it)}/issues/{found.number}",
        "id": found.id,
        "node_id": found.node_id,
        "number": found.number,
        "title": found.title,
        "user": _who(links, state, found.author),
        "labels": [pull_shapes.label(links, it, name) for name in found.labels],
        "state": found.state,
        "state_reason": found.state_reason,
        "locked": False,
        "active_lock_reason": None,
        "assignee": _who(links, state, found.assignees[0]) if found.assignees else None,
        "assignees": [_who(links, state, login) for login in found.assignees],
        "milestone": None,
        "comments": len(found.comments),
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "closed_at": found.closed_at,
        "author_association": pull_shapes.association(state, it, found.author),
        "body": found.body,
        "reactions": _reactions(f"{own}/reactions", found.reactions),
        "timeline_url": f"{own}/timeline",
        "performed_via_github_app": None,
    }


def comment(links: Links, state: State, it: Repository, below: Thread, said: Comment) -> Json:
    """A comment below an issue or a pull request."""
    own = f"{links.repository(it)}/issues/comments/{said.id}"
    kind = "pull" if isinstance(below, Pull) else "issues"
    return {
        "id": said.id,
        "node_id": node_id("IC", said.id),
        "url": own,
        "html_url": f"{links.page(it)}/{kind}/{below.number}#issuecomment-{said.id}",
        "issue_url": f"{links.repository(it)}/issues/{below.number}",
        "user": _who(links, state, said.author),
        "created_at": said.created_at,
        "updated_at": said.updated_at,
        "author_association": pull_shapes.association(state, it, said.author),
        "body": said.body,
        "reactions": _reactions(f"{own}/reactions", said.reactions),
        "performed_via_github_app": None,
    }


def _reactions(url: str, given: list[Reaction]) -> Json:
    counts = Counter(each.content for each in given)
    return {"url": url, "total_count": len(given), **{kind: counts[kind] for kind in _KINDS}}


def _who(links: Links, state: State, login: str) -> Json | None:
    """Nobody, where the account was deleted."""
    return shapes.account(links, state.account(login)) if login else None
