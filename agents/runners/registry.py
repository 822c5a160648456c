"""Which runners there are. A runner name is a pair: where it runs, and which agent runs there.

Another package adds an agent by an entry point of the group `soulcaster.runners` that loads to
an `AgentEntry`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import NamedTuple

from agents.needs import Need
from agents.runners.aider import AiderRunner
from agents.runners.base import Features, Runner
from agents.runners.builtin import BuiltinRunner
from agents.runners.claude import ClaudeRunner
from agents.runners.codex import CodexRunner
from agents.runners.entry import BASE_URL, AgentEntry, command_entry
from agents.runners.kilo import KiloRunner
from agents.runners.opencode import OpenCodeRunner
from agents.runners.scripted import ScriptedRunner
from agents.sandboxes.registry import sandboxes
from clusters.planner.providers import model_factory

__all__ = ["GROUP", "AgentEntry", "RunnerEntry", "RunnerName", "UnknownRunner", "agents", "entry"]

GROUP = "soulcaster.runners"
_log = logging.getLogger(__name__)


class UnknownRunner(LookupError):
    """There is no such runner here; the text names those that there are."""


class RunnerName(NamedTuple):
    """A runner name, taken apart."""

    sandbox: str
    agent: str


@dataclass(frozen=True, slots=True)
class RunnerEntry:
    """One runner, as users choose it."""

    name: str
    title: str
    sandbox: str
    agent: AgentEntry


def _builtin(values: Mapping[str, str]) -> Runner:
    return BuiltinRunner(model_factory(values["model"], values["key"], values.get("base_url", "")))


def _scripted(values: Mapping[str, str]) -> Runner:
    return ScriptedRunner(Path(values["transcript"]))


_ALL_WIRES = ("anthropic", "openai", "openrouter", "google", "ollama")
_KEY_INSIDE = "Its key is in the environment of its process in the sandbox."

_OWN = (
    command_entry(
        KiloRunner,
        "Kilo Code's command line agent, for models of any provider.",
        model="anthropic:claude-sonnet-5",
        providers=_ALL_WIRES,
        features=Features(plan_mode=True, resume=True, mcp=True),
        key_note=_KEY_INSIDE,
    ),
    command_entry(
        ClaudeRunner,
        "Anthropic's command line agent.",
        model="anthropic:claude-sonnet-5",
        providers=("anthropic",),
        features=Features(plan_mode=True, resume=True, hooks=True, mcp=True),
        key_note=_KEY_INSIDE,
    ),
    command_entry(
        CodexRunner,
        "OpenAI's command line agent.",
        model="openai:gpt-5.1-codex",
        providers=("openai", "openrouter", "ollama"),
        features=Features(resume=True, hooks=True, mcp=True),
        note="The model's server has to speak OpenAI Responses, as newer versions of Ollama do. "
        "It tells its usage at the end of a round, so a budget ends it only between two rounds.",
    ),
    command_entry(
        OpenCodeRunner,
        "A command line agent for models of any provider.",
        model="anthropic:claude-sonnet-5",
        providers=_ALL_WIRES,
        features=Features(plan_mode=True, resume=True, mcp=True),
        key_note=_KEY_INSIDE,
    ),
    command_entry(
        AiderRunner,
        "Edits the files that the plan names, with any model and without tools; runs the tests "
        "itself.",
        model="openai:gpt-5.1",
        providers=("openai", "anthropic", "openrouter", "ollama"),
        features=Features(plan_mode=True, resume=True, usage="estimated"),
        note="It is given the files of the plan and sees no others, and rounds its usage.",
    ),
    AgentEntry(
        "builtin",
        BuiltinRunner.title,
        "Reads, edits and tests in the sandbox; its model is called from outside, so that no key "
        "and no network is needed inside.",
        "hosted",
        _builtin,
        (
            Need("model", "Model, such as anthropic:claude-sonnet-5"),
            Need("key", "Key of the model's provider", secret=True),
            BASE_URL,
        ),
        features=Features(plan_mode=True),
    ),
    AgentEntry(
        "scripted",
        ScriptedRunner.title,
        "Says again what a model once said, for demonstrations without a key: the files, commits "
        "and tests are real, only the words are recorded.",
        "hosted",
        _scripted,
        (Need("transcript", "File of the recorded transcript"),),
        note="The model's words are a recorded transcript; files, commits and tests are real.",
        features=Features(plan_mode=True),
    ),
)


@cache
def agents() -> Mapping[str, AgentEntry]:
    """Every agent by name: our own first, and nobody can replace them."""
    known = {entry.name: entry for entry in _OWN}
    for point in entry_points(group=GROUP):
        added = _loaded(point)
        if added is not None:
            known.setdefault(added.name, added)
    return known


def _loaded(point: EntryPoint) -> AgentEntry | None:
    """A stranger's entry; a broken package must not take all other runners with it."""
    try:
        loaded = point.load()
    except Exception:  # noqa: BLE001 (it may raise anything)
        _log.exception("the runner %s could not be loaded", point.name)
        return None
    if isinstance(loaded, AgentEntry):
        return loaded
    _log.error("the runner %s is not an AgentEntry", point.name)
    return None


def runners() -> list[RunnerEntry]:
    """Every pair of a sandbox and an agent."""
    return [
        RunnerEntry(
            f"{sandbox.name}_{agent.name}", f"{agent.title}, {sandbox.where}", sandbox.name, agent
        )
        for sandbox in sandboxes().values()
        for agent in agents().values()
    ]


def parse(name: str) -> RunnerName:
    """The two halves of a runner name; raises UnknownRunner."""
    sandbox, _, agent = name.partition("_")
    if sandbox not in sandboxes() or agent not in agents():
        known = ", ".join(runner.name for runner in runners())
        raise UnknownRunner(f"There is no runner {name[:100]!r} here. Choose one of: {known}.")
    return RunnerName(sandbox, agent)


def entry(name: str) -> AgentEntry:
    """The agent of a runner name; raises UnknownRunner."""
    return agents()[parse(name).agent]
