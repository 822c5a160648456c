"""Which runners can be chosen here, and what the others need."""

from __future__ import annotations

from django.conf import settings

from agents import wiring
from agents.runners.registry import UnknownRunner
from agents.wiring import RunnerInfo
from credentials.errors import Conflict


def available() -> list[RunnerInfo]:
    """Every runner that the product knows, ready ones first."""
    return sorted(wiring.runner_infos(), key=lambda info: not info.configured)


def choose(name: str = "") -> RunnerInfo:
    """The named runner (or the default); Conflict `runner_not_configured` offers the others."""
    name = name or settings.CODING_AGENT_RUNNER
    try:
        info = wiring.runner_info(name)
    except UnknownRunner as error:
        raise _not_configured(name, str(error)) from error
    if not info.configured:
        raise _not_configured(name, info.reason)
    return info


def _not_configured(name: str, reason: str) -> Conflict:
    ready = [info for info in available() if info.configured]
    names = ", ".join(info.name for info in ready) or "none"
    return Conflict(
        "runner_not_configured",
        f"The runner {name} is not ready here: {reason} Ready ones: {names}.",
        runners=[{"name": info.name, "title": info.title} for info in ready],
    )
