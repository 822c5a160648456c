"""Settings and keys become drivers here, and nowhere else in this application."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from clusters.forges.base import ForgeError
from clusters.forges.detect import inspect
from clusters.forges.local import LocalForge
from clusters.planner.base import Planner
from clusters.planner.model import ModelPlanner
from clusters.planner.providers import model_factory
from credentials.services import keys


def local_forge(project_id: int, repository: str) -> LocalForge:
    """The product's own forge for a project whose source is a local repository."""
    return LocalForge(
        settings.HOME / "forge" / str(project_id),
        settings.HOME / "mirrors" / f"{project_id}.git",
        source=Path(repository) if repository else None,
    )


def check_local_repository(repository: str) -> str:
    """The absolute path of a local repository that may be connected; raises ForgeError."""
    path = Path(repository).expanduser().resolve()
    allowed = [folder.resolve() for folder in settings.LOCAL_REPOSITORIES]
    # Without this list, anybody who may connect a project could read the server's disk.
    if not any(path.is_relative_to(folder) for folder in allowed):
        raise ForgeError(
            "repository_unavailable",
            f"{path} is not below a folder that the operator has opened: name one in SOULCASTER_LOCAL_REPOSITORIES.",
        )
    found = inspect(path)
    if not found.git:
        raise ForgeError("repository_unavailable", found.reason)
    if found.empty:
        raise ForgeError("repository_empty", found.reason)
    return str(path)


def model_planner() -> Planner | None:
    """The planner that asks the operator's model; None without a model or its key."""
    provider, _, name = settings.MODEL.partition(":")
    key = keys.reveal_model_key(provider) if name else None
    if key is None:
        return None
    return ModelPlanner(model_factory(settings.MODEL, key.secret, key.base_url))
