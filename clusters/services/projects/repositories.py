"""A project's forge, opened with a person's own rights: by workers for jobs, by pages for reading."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from django.core.cache import cache
from django.db import transaction
from redis.exceptions import RedisError

from clusters import wiring
from clusters.forges.base import Forge, ForgeError
from clusters.models import Project
from clusters.planner.base import SourceFile
from clusters.wiring import Connection
from credentials.errors import Forbidden
from credentials.models import User
from credentials.services import audit

# For how many seconds the forge's word counts that somebody may read a repository.
READ_CHECKED = 300
_REFUSED = {
    "repository_unavailable",
    "scope_missing",
    "sso_required",
    "token_invalid",
    "token_missing",
}


def connect(
    project: Project,
    user: User | None,
    *,
    job: int | None = None,
    purpose: str = "",
    patience: float = 0.0,
) -> Connection:
    """The forge of a project and the key that opens it; raises ForgeError.

    `job` is a job's id, `purpose` what the key is used for when it is no job, `patience` seconds that a call may wait when the forge limits us.
    """
    return wiring.connect(
        project.forge,
        project.pk,
        project.repository,
        user=user,
        job=job,
        purpose=purpose,
        patience=patience,
        renamed=partial(follow, project),
    )


def forge_of(project: Project, user: User | None, *, purpose: str = "") -> Forge:
    """The forge of a project as this person sees it; raises ForgeError."""
    return connect(project, user, purpose=purpose).forge


def follow(project: Project, name: str) -> None:
    """The forge calls the repository something else now: it was renamed or transferred."""
    old, project.repository = project.repository, name
    with transaction.atomic():
        if Project.objects.filter(pk=project.pk, repository=old).update(repository=name):
            audit.record(
                actor=None,
                team=project.team,
                verb="project.renamed",
                target=project,
                old=old,
                new=name,
            )


def require_read(project: Project, user: User) -> None:
    """Raise Forbidden unless the forge shows this repository to this person.

    Being in the team is not enough to see code. What the forge said counts for a few minutes;
    raises ForgeError when it cannot be asked.
    """
    if project.forge == Project.Forge.LOCAL:
        return
    key = f"may-read:{user.pk}:{project.pk}:{project.repository}"
    if _remembered(key):
        return
    try:
        forge_of(project, user).access()
    except ForgeError as error:
        if error.code not in _REFUSED:
            raise
        raise Forbidden(error.code, str(error), fix_url=error.fix_url) from error
    _remember(key)


def _remembered(key: str) -> bool:
    try:
        return bool(cache.get(key))
    except RedisError:  # a log can be followed all the same; the forge is asked each time
        return False


def _remember(key: str) -> None:
    with suppress(RedisError):
        cache.set(key, True, READ_CHECKED)


def base_branch(project: Project, forge: Forge) -> str:
    """The branch that fixes go to: the project's choice, else the forge's default."""
    access = forge.access()
    if access.empty:
        raise ForgeError("repository_empty", "The repository has no commits yet.")
    return project.base_branch or access.default_branch


def snapshot(project: Project, user: User) -> tuple[str, list[SourceFile]]:
    """The base commit and its text files; raises ForgeError or GitError."""
    forge = forge_of(project, user)
    branch = base_branch(project, forge)
    mirror = forge.mirror()
    sha = mirror.resolve(branch)
    return sha, list(mirror.files(sha))
