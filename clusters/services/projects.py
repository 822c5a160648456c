"""Connecting a repository and choosing how it is worked on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from clusters import wiring
from clusters.forges.base import ForgeError
from clusters.models import Project
from credentials.errors import Conflict, Invalid
from credentials.models import Team, User
from credentials.services import audit, teams

CHANGEABLE = frozenset(
    {
        "name",
        "base_branch",
        "branch_prefix",
        "requires_approval",
        "runner",
        "instructions",
        "setup_command",
        "test_command",
        "setup_network",
        "allow_unisolated",
        "rounds",
        "time_limit_seconds",
        "test_limit_seconds",
        "guard",
    }
)

# What a finding of the guard may do.
GUARD_CHOICES = ("block", "warn", "off")


def create_project(
    user: User,
    team: Team,
    *,
    name: str,
    repository: str,
    forge: str = Project.Forge.LOCAL,
    **settings: Any,
) -> Project:
    """Connect a repository. Raises Invalid when it cannot be read, Conflict for a taken name."""
    teams.require_writer(user, team)
    project = Project(
        team=team, name=name.strip(), forge=forge, repository=repository.strip(), created_by=user
    )
    _apply(project, settings)
    _check_location(project)
    try:
        with transaction.atomic():
            project.save()
            audit.record(
                actor=user, team=team, verb="project.created", target=project, name=project.name
            )
    except IntegrityError as error:
        raise _name_taken(project) from error
    return project


def update_project(user: User, project: Project, **changes: Any) -> Project:
    """Change settings; a name that is not a setting raises Invalid."""
    teams.require_writer(user, project.team)
    _apply(project, changes)
    try:
        with transaction.atomic():
            project.save(update_fields=[*changes]) if changes else None
            audit.record(
                actor=user,
                team=project.team,
                verb="project.changed",
                target=project,
                fields=sorted(changes),
            )
    except IntegrityError as error:
        raise _name_taken(project) from error
    return project


def _apply(project: Project, changes: Mapping[str, Any]) -> None:
    if unknown := set(changes) - CHANGEABLE:
        raise Invalid("setting_unknown", f"There is no such setting: {', '.join(sorted(unknown))}.")
    _check_guard(changes.get("guard", {}))
    for name, value in changes.items():
        setattr(project, name, value)
    try:
        project.clean_fields(exclude={"team", "created_by"})
    except ValidationError as error:
        raise Invalid(
            "invalid", "Some settings cannot be used.", fields=error.message_dict
        ) from error


def _check_guard(policy: object) -> None:
    if not isinstance(policy, dict) or not all(
        isinstance(kind, str) and choice in GUARD_CHOICES for kind, choice in policy.items()
    ):
        text = f"Give each kind of finding one of {', '.join(GUARD_CHOICES)}."
        raise Invalid("guard_invalid", text, fields={"guard": [text]})


def _check_location(project: Project) -> None:
    """A local path must be a git repository that the operator lets people name."""
    if project.forge != Project.Forge.LOCAL:
        raise Invalid(
            "forge_unknown",
            "Only local repositories can be connected so far.",
            fields={"forge": ["Not available yet."]},
        )
    try:
        project.repository = wiring.check_local_repository(project.repository)
    except ForgeError as error:
        raise Invalid(error.code, str(error), fields={"repository": [str(error)]}) from error


def _name_taken(project: Project) -> Conflict:
    return Conflict(
        "name_taken",
        f"There is a project called {project.name!r} in this team already: choose another name.",
    )
