"""Which runners there are. A runner name is a pair: where it runs, and which agent runs there.

Another package adds an agent by an entry point of the group `soulcaster.runners` that loads to
an `AgentEntry`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import NamedTuple

from agents.needs import Need
from agents.runners.base import Features, Kind, Runner, RunnerFactory
from agents.runners.builtin import BuiltinRunner
from agents.runners.claude import ClaudeRunner
from agents.runners.install import Install
from agents.runners.models import ModelChoice
from agents.runners.scripted import ScriptedRunner
from agents.sandboxes.registry import sandboxes
from clusters.planner.providers import model_factory

GROUP = "soulcaster.runners"
_log = logging.getLogger(__name__)


class UnknownRunner(LookupError):
    """There is no such runner here; the text names those that there are."""


@dataclass(frozen=True, slots=True)
class AgentEntry:
    """One agent. `create` takes a value for every required need; raises KeyError without one.

    `install` is where its program comes from, for one that runs in the sandbox; a need named
    "program" then gets its path. `providers` are those whose models it can work with; empty: all.
    `note` is something that people should know although it is ready.
    """

    name: str
    title: str
    description: str
    kind: Kind
    create: RunnerFactory
    needs: tuple[Need, ...] = ()
    install: Install | None = None
    providers: tuple[str, ...] = ()
    features: Features = field(default_factory=Features)
    note: str = ""

    def missing(self, values: Mapping[str, str]) -> list[Need]:
        """The required needs that have no value."""
        return [need for need in self.needs if need.required and not values.get(need.name)]


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


def _claude(values: Mapping[str, str]) -> Runner:
    return ClaudeRunner(Path(values["program"]), model_choice(values))


def model_choice(values: Mapping[str, str]) -> ModelChoice:
    """The model of an agent's values: "model" is written as provider:name."""
    provider, _, name = values.get("model", "").partition(":")
    return ModelChoice(
        provider,
        name,
        key=values.get("key", ""),
        base_url=values.get("base_url", ""),
        trusted=bool(values.get("trusted")),
    )


_BASE_URL = Need("base_url", "Address of a gateway, instead of the provider's own", required=False)

_OWN = (
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
            _BASE_URL,
        ),
    ),
    AgentEntry(
        "scripted",
        ScriptedRunner.title,
        "Says again what a model once said, for demonstrations without a key: the files, commits "
        "and tests are real, only the words are recorded.",
        "hosted",
        _scripted,
        (Need("transcript", "File of the recorded transcript"),),
    ),
    AgentEntry(
        "claude",
        ClaudeRunner.title,
        "Anthropic's command line agent. Its process in the sandbox holds the key and has network.",
        "command",
        _claude,
        (
            Need("program", "Path of the program claude"),
            Need("key", "Anthropic API key", secret=True),
            Need("model", "Model, such as anthropic:claude-sonnet-5"),
            _BASE_URL,
        ),
        install=Install("npm", "@anthropic-ai/claude-code", "2.1.197", "claude"),
        providers=("anthropic",),
        features=Features(plan_mode=True, resume=True, hooks=True, mcp=True, cost="estimated"),
        note="Its key is in the environment of its process in the sandbox.",
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
