"""Settings and keys become sandboxes and runners here, and nowhere else in this application."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from agents.logs.scrubber import Scrubber
from agents.pipelines.context import Tools
from agents.runners.base import CommandRunner, HostedRunner
from agents.runners.builtin import BuiltinRunner
from agents.runners.claude import ClaudeRunner
from agents.runners.registry import ENTRIES, entry, parse
from agents.runners.scripted import ScriptedRunner
from agents.sandboxes.base import SandboxProvider
from agents.sandboxes.registry import provider_factory
from clusters.forges.base import Forge
from clusters.planner.providers import build_model
from credentials.services import keys

AnyRunner = CommandRunner | HostedRunner

SHORTEST_SECRET = 6


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
    return [runner_info(name) for name in ENTRIES]


def runner_info(name: str) -> RunnerInfo:
    """One runner; raises UnknownRunner."""
    known = entry(name)
    _, agent = parse(name)
    reason, note = _READINESS[agent]()
    return RunnerInfo(name, known.title, configured=not reason, reason=reason, note=note)


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
    """The runner of a name; None when it has no model to work with."""
    _, agent = parse(name)
    return _BUILDERS[agent]()


def sandbox_provider(runner: str) -> SandboxProvider:
    """Where a runner's sandboxes are made."""
    sandbox, agent = parse(runner)
    claude = _claude() if agent == "claude" else None
    return provider_factory(sandbox)(
        settings.SANDBOX_HOME,
        anchor=settings.ANCHOR_PID,
        extra_read_only=claude.read_only_paths() if claude else (),
    )


def scrubber() -> Scrubber:
    """What keeps the platform's secrets out of logs and pages."""
    return Scrubber(secret for secret in keys.all_secrets() if len(secret) >= SHORTEST_SECRET)


def _builtin() -> BuiltinRunner | None:
    provider, _, name = settings.MODEL.partition(":")
    key = keys.reveal_model_key(provider) if name else None
    if key is None:
        return None
    return BuiltinRunner(lambda: build_model(provider, name, key.secret, key.base_url))


def _scripted() -> ScriptedRunner:
    return ScriptedRunner(settings.TRANSCRIPT)


def _claude() -> ClaudeRunner | None:
    program, key = _claude_program(), keys.reveal_model_key("anthropic")
    if program is None or key is None:
        return None
    provider, _, model = settings.MODEL.partition(":")
    return ClaudeRunner(
        program,
        key=key.secret,
        base_url=key.base_url,
        model=model if provider == "anthropic" else "",
    )


def _claude_program() -> Path | None:
    found = shutil.which("claude", path=os.environ.get("PATH"))
    return Path(found) if found else None


def _builtin_readiness() -> tuple[str, str]:
    if _builtin() is None:
        return "", "No model is set (SOULCASTER_MODEL and its key), so a run ends after plan and baseline."
    return "", ""


def _scripted_readiness() -> tuple[str, str]:
    if not settings.TRANSCRIPT.is_file():
        return "The transcript in SOULCASTER_TRANSCRIPT is not there.", ""
    return "", "The model's words are a recorded transcript; files, commits and tests are real."


def _claude_readiness() -> tuple[str, str]:
    if _claude_program() is None:
        return "Claude Code is not on the worker's PATH (npm install --global @anthropic-ai/claude-code).", ""
    if keys.reveal_model_key("anthropic") is None:
        return "ANTHROPIC_API_KEY is not set.", ""
    return "", "Claude Code reaches the network while it works, and its key is in its environment."


_BUILDERS: dict[str, Callable[[], AnyRunner | None]] = {
    "builtin": _builtin,
    "scripted": _scripted,
    "claude": _claude,
}
_READINESS: dict[str, Callable[[], tuple[str, str]]] = {
    "builtin": _builtin_readiness,
    "scripted": _scripted_readiness,
    "claude": _claude_readiness,
}
