"""Where pull requests go, wherever that is decided: rows and clusters follow the forge."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from agents.logs.hints import notify_job_changed
from agents.models import Job, PullRequest
from clusters.forges.base import Pull
from clusters.models import Cluster, Project
from clusters.services import clusters
from clusters.services.ranking import addressed

# How far a pull request has come: decides between two states of the same moment.
_PROGRESS = {"open": 0, "closed": 1, "merged": 2}


class Followed(StrEnum):
    """What became of a state that the forge told."""

    FOREIGN = "foreign"  # a pull request that no job opened
    OLDER = "older"  # a newer state is known already
    SAME = "same"
    CHANGED = "changed"


def follow_forge(
    project: Project,
    pull: Pull,
    at: datetime,
    *,
    fresh: bool = False,
    ended_at: datetime | None = None,
    own_branch: bool = True,
) -> Followed:
    """Take over what the forge says of a pull request, and let its cluster follow.

    States may come in any order and more than once: `at` is when the forge made this one, and an
    older one changes nothing. `fresh`: it was asked for just now, so it wins among states of the
    same moment. `ended_at`: when it was merged or closed, if that is known. A pull request that
    is not known yet is taken in when a job made its branch, and `own_branch` says that the branch
    lies in the repository itself: anybody can name one alike in a fork.
    """
    with transaction.atomic():
        row = _row(project, pull)
        if row is None and own_branch and (job := _job_of(project, pull.branch)):
            row = _new_row(job, pull)
        if row is None:
            return Followed.FOREIGN
        followed = _take_over(row, pull, at, fresh=fresh, ended_at=ended_at)
        job_id = row.job_id
        if followed is Followed.CHANGED and job_id is not None:
            transaction.on_commit(lambda: notify_job_changed(job_id))
    return followed


def settle(cluster_id: int) -> None:
    """Make a cluster's status agree with its pull requests, unless a job works on it."""
    if Job.objects.filter(cluster=cluster_id, status__in=Job.ACTIVE).exists():
        return
    states = list(
        PullRequest.objects.filter(cluster=cluster_id)
        .order_by("-number")
        .values_list("state", flat=True)
    )
    now = Cluster.objects.filter(pk=cluster_id)
    if PullRequest.State.OPEN in states:
        now.filter(status=Cluster.Status.PLANNED).update(status=Cluster.Status.PR_OPENED)
    elif not now.filter(status=Cluster.Status.PR_OPENED).exists():
        return
    elif states and states[0] == PullRequest.State.MERGED:
        clusters.move(cluster_id, Cluster.Status.RESOLVED)
    else:
        now.update(status=Cluster.Status.PLANNED)


def cluster_status(pull: Pull) -> Cluster.Status:
    """Where a cluster is after a job that ends with this pull request."""
    return {
        "open": Cluster.Status.PR_OPENED,
        "merged": Cluster.Status.RESOLVED,
        "closed": Cluster.Status.PLANNED,
    }[pull.state.value]


def told_at(pull: Pull) -> datetime:
    """When the forge says that this state began; now when it does not say."""
    found = parse_datetime(pull.updated_at) if pull.updated_at else None
    if found is None:
        return timezone.now()
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def take_in(job: Job, pull: Pull, *, verified: bool) -> PullRequest:
    """The row of a job's own pull request, as the forge has just told it."""
    row = _row(job.project, pull) or _new_row(job, pull)
    row.job, row.cluster, row.verified = job, job.cluster, verified
    row.save(update_fields=["job", "cluster", "verified"])
    _take_over(row, pull, told_at(pull), fresh=True)
    return row


def follow_on_page(row: PullRequest, pull: Pull) -> None:
    """Looking costs a write only when the forge says something new."""
    if _values(pull).items() <= vars(row).items():
        return
    if follow_forge(row.project, pull, told_at(pull), fresh=True) is Followed.CHANGED:
        row.refresh_from_db(fields=[*_values(pull), "merged_at", "closed_at"])


def _row(project: Project, pull: Pull) -> PullRequest | None:
    """The copy, held until the transaction ends."""
    rows = PullRequest.objects.select_for_update().filter(project=project, number=pull.number)
    return rows.first()


def _job_of(project: Project, branch: str) -> Job | None:
    """The job that made a branch."""
    if not branch:
        return None
    return Job.objects.filter(project=project, branch=branch).order_by("-id").first()


def _new_row(job: Job, pull: Pull) -> PullRequest:
    """A copy that knows nothing yet; somebody else may have made it in this very moment."""
    row, _ = PullRequest.objects.select_for_update().get_or_create(
        project=job.project,
        number=pull.number,
        defaults={"job": job, "cluster": job.cluster, "branch": pull.branch, "title": pull.title},
    )
    return row


def _take_over(
    row: PullRequest, pull: Pull, at: datetime, *, fresh: bool, ended_at: datetime | None = None
) -> Followed:
    if not _is_news(row, pull, at, fresh=fresh):
        return Followed.OLDER
    before, values = row.state, _values(pull)
    same = row.forge_updated_at is not None and values.items() <= vars(row).items()
    ended = ended_at or (before == pull.state and (row.merged_at or row.closed_at)) or at
    values["forge_updated_at"] = at
    values["merged_at"] = ended if pull.state == "merged" else None
    values["closed_at"] = ended if pull.state == "closed" else None
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))
    _lead_cluster(row, before)
    return Followed.SAME if same else Followed.CHANGED


def _is_news(row: PullRequest, pull: Pull, at: datetime, *, fresh: bool) -> bool:
    if row.state == PullRequest.State.MERGED and pull.state != "merged":
        return False  # nothing comes after a merge
    if row.forge_updated_at is None or at > row.forge_updated_at:
        return True
    if at < row.forge_updated_at:
        return False
    return fresh or _place_in_moment(_values(pull)) >= _place_in_moment(vars(row))


def _place_in_moment(values: dict[str, object]) -> tuple[object, ...]:
    """GitHub's clock ticks in seconds: this order of states of one second is as good as any.

    What matters is that it is always the same; the next time the forge is asked sets it right.
    """
    progress = _PROGRESS[str(values["state"])]
    return progress, not values["draft"], values["head_sha"], values["title"], values["base_branch"]


def _lead_cluster(row: PullRequest, before: str) -> None:
    if row.cluster_id is None:
        return
    if row.state == PullRequest.State.MERGED and before != PullRequest.State.MERGED:
        clusters.move(row.cluster_id, Cluster.Status.RESOLVED)
        addressed.note(
            row.cluster_id,
            kind="merged",
            text=f"Pull request #{row.number} “{row.title[:100]}” was merged.",
            url=row.url or reverse("pull", args=[row.pk]),
            at=row.merged_at,
        )
    else:
        settle(row.cluster_id)


def _values(pull: Pull) -> dict[str, object]:
    return {
        "url": pull.url,
        "title": pull.title[:300],
        "branch": pull.branch,
        "base_branch": pull.base_branch,
        "state": pull.state.value,
        "draft": pull.draft,
        "head_sha": pull.head_sha,
    }
