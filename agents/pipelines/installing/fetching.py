"""Projects whose dependencies one command fetches: Go and Rust."""

from __future__ import annotations

from agents.pipelines.detecting.base import Project
from agents.pipelines.installing.base import NOT_INSTALLED, Installed, Installer


def install(installer: Installer, project: Project) -> Installed:
    """Fetch the dependencies; what could not be done is told in notes."""
    if not project.fetch or not installer.has(project.fetch[0]):
        return Installed()
    if not installer.may_install:
        return Installed([NOT_INSTALLED])
    ended = installer.install(
        "fetch", project.fetch, folder=project.folder, env=project.environment
    )
    if ended.ok:
        return Installed()
    return Installed([f"{project.fetch[0]} could not fetch the dependencies: {ended.last_line}"])
