"""Connecting a repository and choosing how it is worked on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from clusters import wiring
from clusters.forges.base import ForgeError
from clusters.models import Project
from clusters.services.projects import github
from clusters.services.projects import hosts as host_rules
from clusters.services.projects import rules as project_rules
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
        "agent_network",
        "allowed_hosts",
        "enabled_runners",
        "lint_command",
        "folder",
        "before_agent",
        "after_agent",
        "mcp_servers",
        "agent_hooks",
        "protected_paths",
        "gate",
        "budget_usd",
        "propose_fixes_at",
        "budget_warning_percent",
        "allow_unisolated",
        "rounds",
        "time_limit_seconds",
        "setup_limit_seconds",
        "test_limit_seconds",
        "agent_limit_seconds",
        "idle_limit_seconds",
        "guard",
        "labels",
        "reviewers",
    }
)

MOST_NAMES = 15
_LABEL = re.compile(r"[^\x00-\x1f\x7f,]{1,50}")
_REVIEWER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}(/[A-Za-z0-9._-]{1,100})?")

# What a finding of the guard may do.
GUARD_CHOICES = ("block", "warn", "off")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What allowing a host did: `switched` its phase from no network to a list, or nothing new."""

    host: str
    phase: str
    switched: bool
    changed: bool


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
    _check_location(user, project)
    try:
        with transaction.atomic():
            project.save()
            audit.record(
                actor=user, team=team, verb="project.created", target=project, name=project.name
            )
    except IntegrityError as error:
        raise _name_taken(project) from error
    return project


def connect_github(user: User, team: Team, repository: str) -> Project:
    """Connect a repository on GitHub, named after it: with its owner when the name is taken."""
    short = repository.strip().rpartition("/")[2]
    taken = Project.objects.filter(team=team, name=short).exists()
    name = repository.strip() if taken else short
    return create_project(user, team, name=name, repository=repository, forge=Project.Forge.GITHUB)


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
    if isinstance(hosts := changes.get("allowed_hosts"), list):
        changes = {**changes, "allowed_hosts": [host_rules.tidied(each) for each in hosts]}
    project_rules.check(changes, project)
    _check_guard(changes.get("guard", {}))
    for name, fits in (("labels", _LABEL), ("reviewers", _REVIEWER)):
        if name in changes:
            _check_names(name, changes[name], fits)
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


def _check_names(field: str, names: object, fits: re.Pattern[str]) -> None:
    listed = names if isinstance(names, list) else [None]
    whole = all(isinstance(name, str) and fits.fullmatch(name) for name in listed)
    if not whole or len(listed) > MOST_NAMES:
        text = f"Give at most {MOST_NAMES} {field}, in the form that the forge has for them."
        raise Invalid(f"{field}_invalid", text, fields={field: [text]})


def allow_host(
    user: User, project: Project, host: str, phase: str, port: int | None = None
) -> Allowed:
    """Let a phase of this project's jobs reach a host; what is allowed already stays as it is.

    A phase that reached nothing reaches a list from now on. Raises Invalid, Forbidden.
    """
    teams.require_writer(user, project.team)
    entry = host_rules.tidied({"host": host, "phase": phase, "port": port})
    if said := host_rules.problem_with(entry):
        raise Invalid("host_invalid", said, fields={"host": [said]})
    with transaction.atomic():
        # As it is now: two clicks at once must not lose each other's host.
        current = Project.objects.select_for_update().select_related("team").get(pk=project.pk)
        known = [host_rules.tidied(each) for each in current.allowed_hosts]
        network = f"{entry['phase']}_network"
        changes: dict[str, Any] = {} if entry in known else {"allowed_hosts": [*known, entry]}
        switched = getattr(current, network) == Project.Network.NONE
        if switched:
            changes[network] = Project.Network.LIST
        if changes:
            _apply(current, changes)
            current.save(update_fields=[*changes])
            audit.record(
                actor=user, team=current.team, verb="project.host_allowed", target=current, **entry
            )
    return Allowed(entry["host"], entry["phase"], switched, bool(changes))


def _check_location(user: User, project: Project) -> None:
    """The repository must be there, and open to this person."""
    try:
        if project.forge == Project.Forge.GITHUB:
            project.repository = github.writable(user, project.repository)
        else:
            project.repository = wiring.check_local_repository(project.repository)
    except ForgeError as error:
        raise Invalid(error.code, str(error), fields={"repository": [str(error)]}) from error


def _name_taken(project: Project) -> Conflict:
    return Conflict(
        "name_taken",
        f"There is a project called {project.name!r} in this team already: choose another name.",
    )
