"""Pull requests of the local forge: looked at, marked ready, merged, closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from agents.logs.hints import notify_job_changed
from agents.models import Job, PullRequest
from agents.services.leases import Lease, fenced
from clusters.forges.base import Author, ForgeError, Pull
from clusters.forges.local import LocalForge
from clusters.forges.mirrors import ChangedFile, Commit
from clusters.models import Cluster
from clusters.services import clusters, repositories
from credentials.errors import Conflict
from credentials.models import User
from credentials.services import audit, teams


@dataclass(frozen=True, slots=True)
class PullView:
    """What the page of a pull request shows, fresh from the forge."""

    pull: Pull
    commits: Sequence[Commit]
    changed: Sequence[ChangedFile]
    diff: str


def author_of(user: User | None) -> Author:
    """In whose name commits are made: the person who asked."""
    if user is None:
        return Author("Soulcaster", "soulcaster@localhost")
    return Author(
        str(user), user.commit_email or user.email or f"{user.username}@users.noreply.localhost"
    )


def store(lease: Lease, job: Job, pull: Pull, *, verified: bool) -> PullRequest:
    """Copy what the forge says after a job's step."""
    with fenced(lease):
        row, _ = PullRequest.objects.update_or_create(
            project=job.project,
            number=pull.number,
            defaults={"job": job, "cluster": job.cluster, "verified": verified, **_copy(pull)},
        )
    notify_job_changed(job.pk)
    return row


def refresh(lease: Lease, job: Job, pull: Pull) -> None:
    """Follow what the forge says at a job's end."""
    with fenced(lease):
        PullRequest.objects.filter(project=job.project, number=pull.number).update(**_copy(pull))


def view(row: PullRequest) -> PullView:
    """Title, text, commits and diff from the forge; raises Conflict when it cannot be read."""
    try:
        forge = repositories.forge_of(row.project)
        return PullView(
            forge.get_pr(row.number),
            forge.commits(row.number),
            forge.changed(row.number),
            forge.diff(row.number),
        )
    except ForgeError as error:
        raise Conflict(error.code, str(error)) from error


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


def _change(
    user: User, row: PullRequest, verb: str, act: Callable[[LocalForge], Pull]
) -> PullRequest:
    try:
        pull = act(repositories.forge_of(row.project))
    except ForgeError as error:
        raise Conflict(error.code, str(error)) from error
    with transaction.atomic():
        PullRequest.objects.filter(pk=row.pk).update(**_copy(pull))
        _follow(row, pull)
        audit.record(actor=user, team=row.project.team, verb=verb, target=row)
    row.refresh_from_db()
    return row


def _follow(row: PullRequest, pull: Pull) -> None:
    """The cluster follows its pull request."""
    if row.cluster_id is None:
        return
    if pull.state == "merged":
        clusters.move(row.cluster_id, Cluster.Status.RESOLVED)
    elif (
        pull.state == "closed"
        and not PullRequest.objects.filter(cluster=row.cluster_id, state="open").exists()
    ):
        Cluster.objects.filter(pk=row.cluster_id, status=Cluster.Status.PR_OPENED).update(
            status=Cluster.Status.PLANNED
        )


def _copy(pull: Pull) -> dict[str, object]:
    now = timezone.now()
    return {
        "url": pull.url,
        "title": pull.title[:300],
        "branch": pull.branch,
        "base_branch": pull.base_branch,
        "state": pull.state.value,
        "draft": pull.draft,
        "head_sha": pull.head_sha,
        "merged_at": now if pull.state == "merged" else None,
        "closed_at": now if pull.state == "closed" else None,
    }
