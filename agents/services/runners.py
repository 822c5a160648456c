"""Which runners can be chosen here, and what the others need."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings

from agents import wiring
from agents.runners.registry import UnknownRunner
from agents.wiring import RunnerInfo
from credentials.errors import Conflict, Invalid
from credentials.models import Credential, Team, User


def available(user: User | None, team: Team | None) -> list[RunnerInfo]:
    """Every runner that the product knows, those ready for this person and team first."""
    return sorted(wiring.runner_infos(user, team), key=lambda info: not info.configured)


def choose(name: str, user: User | None, team: Team | None) -> RunnerInfo:
    """The named runner (or the default); Conflict `runner_not_configured` offers the others."""
    name = name or settings.CODING_AGENT_RUNNER
    try:
        info = wiring.runner_info(name, user, team)
    except UnknownRunner as error:
        raise _not_configured(name, str(error), available(user, team)) from error
    if not info.configured:
        raise _not_configured(name, info.reason, available(user, team))
    return info


def with_keys(
    infos: Iterable[RunnerInfo], user: User, team: Team
) -> list[tuple[RunnerInfo, list[Credential]]]:
    """Each runner with the keys to choose from, which are none where there is no choice."""
    known = list(infos)
    choices = wiring.key_choices([info.name for info in known], user, team)
    return [(info, choices[info.name] if len(choices[info.name]) > 1 else []) for info in known]


def choose_key(credential: int, name: str, user: User, team: Team) -> Credential:
    """The key that a person chose for a runner; Invalid `credential_unknown`.

    The refusal is the same for a key that is not there and for one that is somebody else's.
    """
    for key in wiring.key_choices([name], user, team)[name]:
        if key.pk == credential:
            return key
    raise Invalid(
        "credential_unknown",
        f"There is no such key for the runner {name}: choose one of your own or of the team's "
        "on the cluster's page.",
    )


def _not_configured(name: str, reason: str, known: list[RunnerInfo]) -> Conflict:
    ready = [info for info in known if info.configured]
    names = ", ".join(info.name for info in ready) or "none"
    return Conflict(
        "runner_not_configured",
        f"The runner {name} is not ready here: {reason} Ready ones: {names}.",
        runners=[{"name": info.name, "title": info.title} for info in ready],
    )
