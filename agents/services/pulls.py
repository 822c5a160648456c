"""Pull requests: looked at, marked ready, merged, closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import transaction

from agents.logs.hints import notify_job_changed
from agents.models import Job, PullRequest
from agents.services.following import (
    Followed,
    cluster_status,
    follow_forge,
    follow_on_page,
    settle,
    take_in,
    told_at,
)
from agents.services.leases import Lease, fenced
from clusters.forges.base import Author, Forge, ForgeError, Pull
from clusters.forges.mirrors import ChangedFile, Commit, GitError
from clusters.services.projects import repositories
from credentials.errors import Conflict
from credentials.models import User
from credentials.services import audit, teams

__all__ = [
    "Followed",
    "PullView",
    "author_of",
    "close",
    "cluster_status",
    "follow_forge",
    "mark_ready",
    "merge",
    "refresh",
    "settle",
    "store",
    "told_at",
    "view",
]


@dataclass(frozen=True, slots=True)
class PullView:
    """What the page of a pull request shows, fresh from the forge."""

    pull: Pull
    commits: Sequence[Commit]
    changed: Sequence[ChangedFile]
    diff: str


def author_of(user: User | None, forge: Forge | None = None) -> Author:
    """In whose name commits are made: the person who asked.

    The address is the one they chose, else the one by which the forge hides their own.
    """
    if user is None:
        return Author("Soulcaster", "soulcaster@localhost")
    email = user.commit_email or (forge.noreply() if forge else "") or user.email
    return Author(str(user), email or f"{user.username}@users.noreply.localhost")


def store(lease: Lease, job: Job, pull: Pull, *, verified: bool) -> PullRequest:
    """Copy what the forge says after a job's step."""
    with fenced(lease):
        row = take_in(job, pull, verified=verified)
    notify_job_changed(job.pk)
    return row


def refresh(lease: Lease, job: Job, pull: Pull) -> None:
    """Follow what the forge says at a job's end."""
    with fenced(lease):
        follow_forge(job.project, pull, told_at(pull), fresh=True)


def view(user: User, row: PullRequest) -> PullView:
    """Title, text, commits and diff, as the forge shows them to this person.

    Raises Conflict when they cannot be read.
    """
    try:
        forge = repositories.forge_of(row.project, user)
        shown = PullView(
            forge.get_pr(row.number),
            forge.commits(row.number),
            forge.changed(row.number),
            forge.diff(row.number),
        )
    except (ForgeError, GitError) as error:
        raise _refused(error) from error
    follow_on_page(row, shown.pull)
    return shown


def mark_ready(user: User, row: PullRequest) -> PullRequest:
    """No draft any more, by a person's decision."""
    teams.require_writer(user, row.project.team)
    return _change(user, row, "pull.ready", lambda forge: forge.mark_ready(row.number))


def merge(user: User, row: PullRequest) -> PullRequest:
    """Merge into the base branch; the cluster is resolved."""
    teams.require_writer(user, row.project.team)
    return _change(
        user, row, "pull.merged", lambda forge: forge.merge(row.number, author=author_of(user))
    )


def close(user: User, row: PullRequest) -> PullRequest:
    """Close without merging; the cluster is planned again."""
    teams.require_writer(user, row.project.team)
    return _change(user, row, "pull.closed", lambda forge: forge.close(row.number))


def _change(user: User, row: PullRequest, verb: str, act: Callable[[Forge], Pull]) -> PullRequest:
    try:
        pull = act(repositories.forge_of(row.project, user))
    except (ForgeError, GitError) as error:
        raise _refused(error) from error
    with transaction.atomic():
        follow_forge(row.project, pull, told_at(pull), fresh=True)
        audit.record(actor=user, team=row.project.team, verb=verb, target=row)
    row.refresh_from_db()
    return row


def _refused(error: ForgeError | GitError) -> Conflict:
    if isinstance(error, ForgeError):
        return Conflict(error.code, str(error), fix_url=error.fix_url)
    return Conflict("repository_unavailable", str(error))
