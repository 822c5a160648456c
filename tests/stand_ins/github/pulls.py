"""What happens to pull requests: opened, edited, followed when somebody pushes, merged for real."""

from __future__ import annotations

from dataclasses import dataclass

from tests.stand_ins.github import bare
from tests.stand_ins.github.bare import Person
from tests.stand_ins.github.http import Refused
from tests.stand_ins.github.pull_shapes import can_merge, missing
from tests.stand_ins.github.state import Pull, Repository, State
from tests.stand_ins.github.visits import invalid
from tests.stand_ins.github.webhooks import Webhooks


@dataclass(frozen=True)
class Proposal:
    """What somebody wants to have opened."""

    head: str  # a branch, or owner:branch
    base: str
    title: str
    body: str | None = None
    draft: bool = False


def open_pull(state: State, hooks: Webhooks, it: Repository, author: str, wanted: Proposal) -> Pull:
    """Open it; raises Refused with what GitHub says when that cannot be."""
    owner, _, branch = wanted.head.rpartition(":")
    head_sha = bare.branches(it.path).get(branch)
    base_sha = bare.branches(it.path).get(wanted.base)
    if head_sha is None or owner.lower() not in {"", it.owner.lower()}:
        raise invalid("PullRequest", "head", "invalid")
    if base_sha is None:
        raise invalid("PullRequest", "base", "invalid")
    if wanted.draft and not it.drafts_supported:
        raise Refused(422, "Draft pull requests are not supported in this repository.")
    if any(
        (pull.head, pull.base, pull.state) == (branch, wanted.base, "open")
        for pull in it.pulls.values()
    ):
        text = f"A pull request already exists for {it.owner}:{branch}."
        raise invalid("PullRequest", message=text)
    if bare.count(it.path, f"{base_sha}..{head_sha}") == 0:
        text = f"No commits between {wanted.base} and {branch}"
        raise invalid("PullRequest", message=text)
    it.last_number += 1
    now = state.now()
    pull = Pull(
        id=state.next_id(),
        number=it.last_number,
        title=wanted.title,
        body=wanted.body,
        author=author,
        head=branch,
        base=wanted.base,
        head_sha=head_sha,
        base_sha=base_sha,
        draft=wanted.draft,
        created_at=now,
        updated_at=now,
    )
    it.pulls[pull.number] = pull
    bare.git(it.path, "update-ref", f"refs/pull/{pull.number}/head", head_sha)
    hooks.pull(it, pull, "opened", author)
    return pull


def edit(
    state: State,
    hooks: Webhooks,
    it: Repository,
    pull: Pull,
    sender: str,
    *,
    title: str | None = None,
    body: str | None = None,
) -> None:
    """Change the words; the event tells what they were."""
    changes = {}
    if title is not None and title != pull.title:
        changes["title"] = {"from": pull.title}
        pull.title = title
    if body is not None and body != pull.body:
        changes["body"] = {"from": pull.body or ""}
        pull.body = body
    if changes:
        pull.updated_at = state.now()
        hooks.pull(it, pull, "edited", sender, changes=changes)


def set_draft(
    state: State, hooks: Webhooks, it: Repository, pull: Pull, sender: str, draft: bool
) -> None:
    """Mark as ready for review, or take that back."""
    if pull.draft != draft:
        pull.draft = draft
        pull.updated_at = state.now()
        hooks.pull(it, pull, "converted_to_draft" if draft else "ready_for_review", sender)


def close(state: State, hooks: Webhooks, it: Repository, pull: Pull, sender: str) -> None:
    """Close without merging."""
    if pull.state == "open":
        pull.state = "closed"
        pull.closed_at = pull.updated_at = state.now()
        hooks.pull(it, pull, "closed", sender)


def reopen(state: State, hooks: Webhooks, it: Repository, pull: Pull, sender: str) -> None:
    """Open again; not when it was merged or its branch is gone."""
    if pull.state == "open":
        return
    head = bare.branches(it.path).get(pull.head)
    if pull.merged_at or head is None:
        raise invalid("PullRequest", "state", message="state cannot be changed.")
    pull.state, pull.closed_at, pull.head_sha = "open", None, head
    pull.updated_at = state.now()
    hooks.pull(it, pull, "reopened", sender)


@dataclass(frozen=True)
class MergeWish:
    """How somebody wants a merge."""

    method: str = "merge"
    title: str | None = None
    message: str | None = None
    sha: str | None = None


def merge(
    state: State, hooks: Webhooks, it: Repository, pull: Pull, sender: str, wish: MergeWish
) -> str:
    """Merge in the bare repository; returns the new commit of the base branch."""
    _refuse_merge(it, pull, wish)
    base_sha = bare.branches(it.path)[pull.base]
    new = _merged(state, it, pull, base_sha, sender, wish)
    if new is None:
        raise Refused(405, "Pull Request is not mergeable")
    bare.move(it.path, pull.base, new, base_sha)
    _mark_merged(state, pull, sender, new)
    hooks.pull(it, pull, "closed", sender)
    branch_moved(state, hooks, it, pull.base, base_sha, new, sender)
    return new


def _refuse_merge(it: Repository, pull: Pull, wish: MergeWish) -> None:
    if pull.state != "open":
        raise Refused(405, "Pull Request is not mergeable")
    if pull.draft:
        raise Refused(405, "Pull Request is still a draft")
    if wish.sha is not None and wish.sha != pull.head_sha:
        raise Refused(409, "Head branch was modified. Review and try the merge again.")
    if not can_merge(it, pull):
        raise Refused(405, "Pull Request is not mergeable")
    if wants := missing(it, pull):
        raise Refused(405, wants)


def _merged(
    state: State, it: Repository, pull: Pull, base_sha: str, sender: str, wish: MergeWish
) -> str | None:
    who = person(state, sender)
    if wish.method == "rebase":
        return bare.rebased(it.path, base_sha, pull.head_sha, who)
    tree = bare.merged_tree(it.path, base_sha, pull.head_sha)
    if tree is None:
        return None
    if wish.method == "squash":
        title = wish.title or f"{pull.title} (#{pull.number})"
        text = wish.message if wish.message is not None else (pull.body or "")
        author = person(state, pull.author)
        return bare.commit_tree(it.path, tree, [base_sha], _message(title, text), author)
    title = wish.title or f"Merge pull request #{pull.number} from {it.owner}/{pull.head}"
    text = wish.message if wish.message is not None else pull.title
    return bare.commit_tree(it.path, tree, [base_sha, pull.head_sha], _message(title, text), who)


def _message(title: str, text: str) -> str:
    return f"{title}\n\n{text}\n" if text else f"{title}\n"


def person(state: State, login: str) -> Person:
    """Whom GitHub writes into commits that it makes for somebody."""
    account = state.account(login)
    return Person(account.name or account.login, account.email or account.noreply)


def _mark_merged(state: State, pull: Pull, by: str, sha: str) -> None:
    pull.state = "closed"
    pull.merged_at = pull.closed_at = pull.updated_at = state.now()
    pull.merged_by, pull.merge_sha = by, sha


def refs_changed(
    state: State, hooks: Webhooks, it: Repository, before: dict[str, str], sender: str
) -> None:
    """Look at what a push did, and tell everybody."""
    after = bare.branches(it.path)
    if after and it.default_branch not in after and not before:
        it.default_branch = next(iter(after))
        bare.git(it.path, "symbolic-ref", "HEAD", f"refs/heads/{it.default_branch}")
    for branch in sorted({*before, *after}):
        old, new = before.get(branch, bare.NOBODY), after.get(branch, bare.NOBODY)
        if old != new:
            branch_moved(state, hooks, it, branch, old, new, sender)


def branch_moved(
    state: State, hooks: Webhooks, it: Repository, branch: str, old: str, new: str, sender: str
) -> None:
    """Let the pull requests of a branch follow it."""
    it.pushed_at = it.updated_at = state.now()
    hooks.push(it, branch, old, new, sender)
    for pull in [each for each in it.pulls.values() if each.state == "open"]:
        if pull.head == branch:
            _head_moved(state, hooks, it, pull, new, sender)
        elif pull.base == branch and new != bare.NOBODY:
            if bare.is_ancestor(it.path, pull.head_sha, new):
                _mark_merged(state, pull, sender, new)
                hooks.pull(it, pull, "closed", sender)
            else:
                pull.base_sha = new


def _head_moved(
    state: State, hooks: Webhooks, it: Repository, pull: Pull, new: str, sender: str
) -> None:
    if new == bare.NOBODY:
        close(state, hooks, it, pull, sender)
        return
    before, pull.head_sha = pull.head_sha, new
    pull.updated_at = state.now()
    bare.git(it.path, "update-ref", f"refs/pull/{pull.number}/head", new)
    hooks.pull(it, pull, "synchronize", sender, before=before, after=new)
