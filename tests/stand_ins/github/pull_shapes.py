"""Pull requests and what hangs on them, as GitHub's JSON."""

from __future__ import annotations

from tests.stand_ins.github import bare, shapes
from tests.stand_ins.github.shapes import Json, Links
from tests.stand_ins.github.state import (
    Label,
    LineComment,
    Pull,
    Reaction,
    Repository,
    Review,
    State,
    node_id,
)


def _who(links: Links, state: State, login: str) -> Json | None:
    return shapes.account(links, state.account(login)) if login else None


def label(links: Links, it: Repository, name: str) -> Json:
    """A label of the repository."""
    known: Label = it.labels[name.lower()]
    return {
        "id": known.id,
        "node_id": node_id("LA", known.id),
        "url": f"{links.repository(it)}/labels/{known.name}",
        "name": known.name,
        "color": known.color,
        "default": False,
        "description": known.description,
    }


def association(state: State, it: Repository, login: str) -> str:
    """How somebody belongs to the repository."""
    if login.lower() == it.owner.lower():
        return "OWNER"
    if login in state.account(it.owner).members:
        return "MEMBER"
    return "COLLABORATOR" if login in it.rights else "NONE"


def simple_pull(links: Links, state: State, it: Repository, pull: Pull) -> Json:
    """A pull request as it stands in lists."""
    own = f"{links.repository(it)}/pulls/{pull.number}"
    issue = f"{links.repository(it)}/issues/{pull.number}"
    page = f"{links.page(it)}/pull/{pull.number}"
    statuses = f"{links.repository(it)}/statuses/{pull.head_sha}"
    return {
        "url": own,
        "id": pull.id,
        "node_id": pull.node_id,
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue,
        "commits_url": f"{own}/commits",
        "review_comments_url": f"{own}/comments",
        "review_comment_url": f"{links.repository(it)}/pulls/comments{{/number}}",
        "comments_url": f"{issue}/comments",
        "statuses_url": statuses,
        "number": pull.number,
        "state": pull.state,
        "locked": False,
        "active_lock_reason": None,
        "title": pull.title,
        "user": _who(links, state, pull.author),
        "body": pull.body,
        "labels": [label(links, it, name) for name in pull.labels],
        "milestone": None,
        "assignee": _who(links, state, pull.assignees[0]) if pull.assignees else None,
        "assignees": [_who(links, state, login) for login in pull.assignees],
        "requested_reviewers": [_who(links, state, login) for login in pull.reviewers],
        "requested_teams": [],
        "created_at": pull.created_at,
        "updated_at": pull.updated_at,
        "closed_at": pull.closed_at,
        "merged_at": pull.merged_at,
        "merge_commit_sha": pull.merge_sha,
        "head": _side(links, state, it, pull.head, pull.head_sha),
        "base": _side(links, state, it, pull.base, pull.base_sha),
        "_links": {
            "self": {"href": own},
            "html": {"href": page},
            "issue": {"href": issue},
            "comments": {"href": f"{issue}/comments"},
            "review_comments": {"href": f"{own}/comments"},
            "review_comment": {"href": f"{links.repository(it)}/pulls/comments{{/number}}"},
            "commits": {"href": f"{own}/commits"},
            "statuses": {"href": statuses},
        },
        "author_association": association(state, it, pull.author),
        "auto_merge": None,
        "draft": pull.draft,
    }


def pull_request(links: Links, state: State, it: Repository, pull: Pull) -> Json:
    """A pull request on its own: with counts, and with whether it can be merged."""
    numbers = bare.git(
        it.path, "diff", "--numstat", "--no-renames", f"{pull.base_sha}...{pull.head_sha}", "--"
    )
    lines = [line.split("\t")[:2] for line in numbers.splitlines()]
    mergeable = can_merge(it, pull)
    return simple_pull(links, state, it, pull) | {
        "merged": pull.merged_at is not None,
        "mergeable": mergeable,
        "rebaseable": mergeable,
        "mergeable_state": merge_state(it, pull, mergeable),
        "merged_by": _who(links, state, pull.merged_by),
        "comments": len(pull.comments),
        "review_comments": len(pull.line_comments),
        "maintainer_can_modify": False,
        "commits": bare.count(it.path, f"{pull.base_sha}..{pull.head_sha}"),
        "additions": sum(int(added) for added, _ in lines if added != "-"),
        "deletions": sum(int(gone) for _, gone in lines if gone != "-"),
        "changed_files": len(lines),
    }


def can_merge(it: Repository, pull: Pull) -> bool | None:
    """Whether both sides fit together; None for one that is not open."""
    if pull.state != "open":
        return None
    base = bare.commit_of(it.path, pull.base)
    return base is not None and bare.merged_tree(it.path, base, pull.head_sha) is not None


def merge_state(it: Repository, pull: Pull, mergeable: bool | None) -> str:
    """GitHub's word for what stands in the way."""
    if mergeable is None:
        return "unknown"
    if not mergeable:
        return "dirty"
    if pull.draft:
        return "draft"
    return "blocked" if missing(it, pull) else "clean"


def missing(it: Repository, pull: Pull) -> str:
    """What branch protection still wants, as a sentence; empty when nothing."""
    rules = it.protection.get(pull.base)
    if rules is None:
        return ""
    latest = {review.author: review.state for review in pull.reviews if review.state != "COMMENTED"}
    approvals = sum(state == "APPROVED" for state in latest.values())
    if "CHANGES_REQUESTED" in latest.values():
        return "Changes have been requested."
    if approvals < rules.reviews:
        noun = "review is" if rules.reviews == 1 else "reviews are"
        return f"At least {rules.reviews} approving {noun} required by reviewers with write access."
    passed = {
        status.context for status in it.statuses.get(pull.head_sha, []) if status.state == "success"
    } | {run.name for run in it.check_runs.get(pull.head_sha, []) if run.conclusion == "success"}
    for check in rules.checks:
        if check not in passed:
            return f'Required status check "{check}" is expected.'
    return ""


def _side(links: Links, state: State, it: Repository, branch: str, sha: str) -> Json:
    return {
        "label": f"{it.owner}:{branch}",
        "ref": branch,
        "sha": sha,
        "user": _who(links, state, it.owner),
        "repo": shapes.repository(links, state, it),
    }


def issue(links: Links, state: State, it: Repository, pull: Pull) -> Json:
    """A pull request seen as an issue."""
    own = f"{links.repository(it)}/issues/{pull.number}"
    page = f"{links.page(it)}/pull/{pull.number}"
    return {
        "url": own,
        "repository_url": links.repository(it),
        "labels_url": f"{own}/labels{{/name}}",
        "comments_url": f"{own}/comments",
        "events_url": f"{own}/events",
        "html_url": page,
        "id": pull.id,
        "node_id": pull.node_id,
        "number": pull.number,
        "title": pull.title,
        "user": _who(links, state, pull.author),
        "labels": [label(links, it, name) for name in pull.labels],
        "state": pull.state,
        "locked": False,
        "assignee": _who(links, state, pull.assignees[0]) if pull.assignees else None,
        "assignees": [_who(links, state, login) for login in pull.assignees],
        "milestone": None,
        "comments": len(pull.comments),
        "created_at": pull.created_at,
        "updated_at": pull.updated_at,
        "closed_at": pull.closed_at,
        "author_association": association(state, it, pull.author),
        "body": pull.body,
        "draft": pull.draft,
        "pull_request": {
            "url": f"{links.repository(it)}/pulls/{pull.number}",
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "merged_at": pull.merged_at,
        },
    }


def reaction(links: Links, state: State, given: Reaction) -> Json:
    """A reaction."""
    return {
        "id": given.id,
        "node_id": node_id("REA", given.id),
        "user": _who(links, state, given.author),
        "content": given.content,
        "created_at": given.created_at,
    }


def review(links: Links, state: State, it: Repository, pull: Pull, given: Review) -> Json:
    """A review."""
    own = f"{links.repository(it)}/pulls/{pull.number}"
    page = f"{links.page(it)}/pull/{pull.number}#pullrequestreview-{given.id}"
    return {
        "id": given.id,
        "node_id": node_id("PRR", given.id),
        "user": _who(links, state, given.author),
        "body": given.body,
        "state": given.state,
        "html_url": page,
        "pull_request_url": own,
        "author_association": association(state, it, given.author),
        "_links": {"html": {"href": page}, "pull_request": {"href": own}},
        "submitted_at": given.submitted_at,
        "commit_id": given.commit_id,
    }


def line_comment(links: Links, state: State, it: Repository, pull: Pull, said: LineComment) -> Json:
    """A remark on a line."""
    pull_url = f"{links.repository(it)}/pulls/{pull.number}"
    own = f"{links.repository(it)}/pulls/comments/{said.id}"
    page = f"{links.page(it)}/pull/{pull.number}#discussion_r{said.id}"
    shape: Json = {
        "url": own,
        "pull_request_review_id": said.review_id,
        "id": said.id,
        "node_id": node_id("PRRC", said.id),
        "diff_hunk": said.diff_hunk,
        "path": said.path,
        "position": 1,
        "original_position": 1,
        "commit_id": said.commit_id,
        "original_commit_id": said.commit_id,
        "user": _who(links, state, said.author),
        "body": said.body,
        "created_at": said.created_at,
        "updated_at": said.created_at,
        "html_url": page,
        "pull_request_url": pull_url,
        "author_association": association(state, it, said.author),
        "_links": {
            "self": {"href": own},
            "html": {"href": page},
            "pull_request": {"href": pull_url},
        },
        "line": said.line,
        "original_line": said.line,
        "side": said.side,
        "subject_type": "line",
    }
    if said.in_reply_to is not None:
        shape["in_reply_to_id"] = said.in_reply_to
    return shape
