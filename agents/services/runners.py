"""Which runners can be chosen here, and what the others need."""

from __future__ import annotations

from django.conf import settings

from agents import wiring
from agents.runners.registry import UnknownRunner
from agents.wiring import RunnerInfo
from credentials.errors import Conflict
from credentials.models import Team, User


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


def _not_configured(name: str, reason: str, known: list[RunnerInfo]) -> Conflict:
    ready = [info for info in known if info.configured]
    names = ", ".join(info.name for info in ready) or "none"
    return Conflict(
        "runner_not_configured",
        f"The runner {name} is not ready here: {reason} Ready ones: {names}.",
        runners=[{"name": info.name, "title": info.title} for info in ready],
    )
