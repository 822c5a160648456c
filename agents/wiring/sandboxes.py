"""Settings and keys become sandboxes here, and nowhere else in this application."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from agents.pipelines.context import Tools
from agents.runners import programs, registry
from agents.sandboxes.base import SandboxProvider
from agents.sandboxes.registry import Place, entry
from agents.wiring.runners import AnyRunner
from clusters.forges.base import Forge


def tools(
    runner: AnyRunner | None, forge: Forge, sandboxes: SandboxProvider, scratch: Path
) -> Tools:
    """What a pipeline works with."""
    return Tools(
        forge=forge,
        sandboxes=sandboxes,
        runner=runner,
        scratch=scratch,
        setup_env=settings.SETUP_ENVIRONMENT,
    )


def sandbox_provider(name: str) -> SandboxProvider:
    """Where the sandboxes of a runner are made, with the agent's own program in sight."""
    sandbox, _ = registry.parse(name)
    place = Place(
        home=settings.SANDBOX_HOME,
        anchor=settings.ANCHOR_PID,
        readable=[*_program(name), *settings.SANDBOX_READ_ONLY],
    )
    return entry(sandbox).create(place)


def _program(name: str) -> list[Path]:
    install = registry.entry(name).install
    found = programs.find(install, settings.AGENT_PROGRAMS) if install else None
    return programs.readable(found) if found else []
