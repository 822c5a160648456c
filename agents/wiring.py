"""Settings and keys become sandboxes and runners here, and nowhere else in this application."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from django.conf import settings

from agents.logs.scrubber import Scrubber
from agents.pipelines.context import Tools
from agents.runners import registry
from agents.runners.base import CommandRunner, HostedRunner
from agents.runners.claude import ClaudeRunner
from agents.sandboxes.base import SandboxProvider
from agents.sandboxes.registry import factory
from clusters.forges.base import Forge
from credentials.services import keys

AnyRunner = CommandRunner | HostedRunner

SHORTEST_SECRET = 6

# What people should know although the runner is ready.
_NOTES = {
    "scripted": "The model's words are a recorded transcript; files, commits and tests are real.",
    "claude": "Claude Code reaches the network while it works, and its key is in its environment.",
}
_NO_MODEL = "No model is set (SOULCASTER_MODEL and its key), so a run ends after plan and baseline."


@dataclass(frozen=True, slots=True)
class RunnerInfo:
    """A runner as people choose it. `note` is something they should know although it is ready."""

    name: str
    title: str
    configured: bool
    reason: str = ""
    note: str = ""


def runner_infos() -> list[RunnerInfo]:
    """Every runner the product knows, with what is missing."""
    return [runner_info(entry.name) for entry in registry.runners()]


def runner_info(name: str) -> RunnerInfo:
    """One runner; raises UnknownRunner."""
    agent = registry.entry(name)
    missing = [need.title for need in agent.missing(_values(agent.name))]
    if missing and agent.name == "builtin":
        # A run without a model still gives a plan and a baseline, and says so.
        return RunnerInfo(name, agent.title, configured=True, note=_NO_MODEL)
    reason = f"It needs: {', '.join(missing)}." if missing else ""
    return RunnerInfo(name, agent.title, not missing, reason, _NOTES.get(agent.name, ""))


def tools(runner: str, forge: Forge, sandboxes: SandboxProvider, scratch: Path) -> Tools:
    """What a pipeline works with."""
    return Tools(
        forge=forge,
        sandboxes=sandboxes,
        runner=build_runner(runner),
        scratch=scratch,
        setup_env=settings.SETUP_ENVIRONMENT,
    )


def build_runner(name: str) -> AnyRunner | None:
    """The runner of a name; None when it has no model or key to work with."""
    agent = registry.entry(name)
    values = _values(agent.name)
    return None if agent.missing(values) else cast("AnyRunner", agent.create(values))


def sandbox_provider(runner: str) -> SandboxProvider:
    """Where a runner's sandboxes are made, with the runner's own program in sight."""
    sandbox, _ = registry.parse(runner)
    agent = build_runner(runner)
    program = agent.read_only_paths() if isinstance(agent, ClaudeRunner) else []
    return factory(sandbox)(
        settings.SANDBOX_HOME,
        anchor=settings.ANCHOR_PID,
        extra_read_only=[*program, *settings.SANDBOX_READ_ONLY],
    )


def scrubber() -> Scrubber:
    """What keeps the platform's secrets out of logs and pages."""
    return Scrubber(secret for secret in keys.all_secrets() if len(secret.strip()) >= SHORTEST_SECRET)


def _values(agent: str) -> Mapping[str, str]:
    """What the settings and the operator's keys say for an agent's needs."""
    if agent == "scripted":
        path = settings.TRANSCRIPT
        return {"transcript": str(path)} if path.is_file() else {}
    provider, _, model = settings.MODEL.partition(":")
    if agent == "claude":
        values = _key_values("anthropic")
        values["program"] = shutil.which("claude") or ""
        values["model"] = model if provider == "anthropic" else ""
        return values
    return {**_key_values(provider), "model": settings.MODEL}


def _key_values(provider: str) -> dict[str, str]:
    key = keys.reveal_model_key(provider)
    return {"key": key.secret, "base_url": key.base_url} if key else {}
