"""Asking the forges what became of pull requests: repairs what no webhook told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Protocol, runtime_checkable

import structlog
from django.db.models import Q, QuerySet
from django.utils import timezone

from agents.models import PullRequest
from agents.services import pulls
from clusters.forges.base import Forge, ForgeError, Pull, PullState, RateLimited
from clusters.models import Cluster, Project
from clusters.services.projects import repositories
from credentials.errors import AppError
from credentials.models import User
from credentials.services.credentials import RECONCILE

log = structlog.get_logger(__name__)

# A closed pull request may be opened again; later than this, nobody asks any more.
REOPENED_WITHIN = timedelta(days=7)
# People whose access is tried for one project, should the first one's be gone.
MOST_PEOPLE = 3


@runtime_checkable
class Lists(Protocol):
    """A forge that tells all pull requests of one state in one go."""

    def pulls(self, state: PullState | None = None) -> Sequence[Pull]:
        """Those of the repository's own branches, newest first."""
        ...


def due() -> list[int]:
    """Projects with something that the forge may have changed."""
    waiting = Q(pk__in=_followed().values("project")) | Q(clusters__in=_with_pull())
    return list(
        Project.objects.filter(waiting, archived_at=None)
        .order_by("id")
        .values_list("pk", flat=True)
        .distinct()
    )


def reconcile(project_id: int) -> int:
    """Ask the forge about a project's pull requests; how many had changed.

    Raises ForgeError or AppError when nobody's access is enough.
    """
    project = Project.objects.select_related("team", "created_by").get(pk=project_id)
    rows = list(_followed().filter(project=project).select_related("job__requested_by"))
    changed = 0
    for pull in _ask_somebody(project, rows) if rows else ():
        followed = pulls.follow_forge(project, pull, pulls.told_at(pull), fresh=True)
        changed += followed is pulls.Followed.CHANGED
    for cluster_id in _with_pull().filter(project=project).values_list("pk", flat=True):
        pulls.settle(cluster_id)
    return changed


def _followed() -> QuerySet[PullRequest]:
    lately = timezone.now() - REOPENED_WITHIN
    return PullRequest.objects.filter(
        Q(state=PullRequest.State.OPEN) | Q(state=PullRequest.State.CLOSED, closed_at__gt=lately)
    ).order_by("-number")


def _with_pull() -> QuerySet[Cluster]:
    return Cluster.objects.filter(status=Cluster.Status.PR_OPENED)


def _ask_somebody(project: Project, rows: Sequence[PullRequest]) -> list[Pull]:
    """With the access of whoever asked for the work, else of who connected the repository."""
    people = _people(project, rows)
    for person in people[:-1]:
        try:
            return _ask(_forge(project, person), rows)
        except RateLimited:
            raise  # it is the forge that wants us to wait
        except (ForgeError, AppError) as error:
            log.info("access_refused", project=project.pk, user=person.pk, code=error.code)
    return _ask(_forge(project, people[-1] if people else None), rows)


def _people(project: Project, rows: Iterable[PullRequest]) -> list[User]:
    asked = [row.job.requested_by for row in rows if row.job]
    found = {p.pk: p for p in (*asked, project.created_by) if p is not None and p.is_active}
    return list(found.values())[:MOST_PEOPLE]


def _forge(project: Project, person: User | None) -> Forge:
    return repositories.forge_of(project, person, purpose=RECONCILE)


def _ask(forge: Forge, rows: Sequence[PullRequest]) -> list[Pull]:
    """One call for all open ones where the forge can, and one for each that is not among them."""
    listed = list(forge.pulls(PullState.OPEN)) if isinstance(forge, Lists) else []
    known = {row.number for row in rows}
    told = {pull.number: pull for pull in listed if pull.number in known}
    for row in rows:
        if row.number not in told and row.state == PullRequest.State.OPEN:
            told[row.number] = forge.get_pr(row.number)
    return list(told.values())
