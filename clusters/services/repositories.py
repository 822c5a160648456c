"""Reading a project's repository on the worker or in the web process."""

from __future__ import annotations

from clusters import wiring
from clusters.forges.base import ForgeError
from clusters.forges.local import LocalForge
from clusters.models import Project
from clusters.planner.base import SourceFile


def forge_of(project: Project) -> LocalForge:
    """The forge of a project. More kinds come with their own constructors."""
    return wiring.local_forge(project.pk, project.repository)


def base_branch(project: Project, forge: LocalForge) -> str:
    """The branch that fixes go to: the project's choice, else the forge's default."""
    access = forge.access()
    if access.empty:
        raise ForgeError("repository_empty", "The repository has no commits yet.")
    return project.base_branch or access.default_branch


def snapshot(project: Project) -> tuple[str, list[SourceFile]]:
    """The base commit and its text files; raises ForgeError or GitError."""
    forge = forge_of(project)
    branch = base_branch(project, forge)
    mirror = forge.mirror()
    sha = mirror.resolve(branch)
    return sha, list(mirror.files(sha))
