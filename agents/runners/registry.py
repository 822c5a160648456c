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

from agents.runners.base import Kind, Runner, RunnerFactory
from agents.runners.builtin import BuiltinRunner
from agents.runners.claude import ClaudeRunner
from agents.runners.scripted import ScriptedRunner
from clusters.planner.providers import model_factory

GROUP = "soulcaster.runners"
_log = logging.getLogger(__name__)


class UnknownRunner(LookupError):
    """There is no such runner here; the text names those that there are."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something to configure. `name` is its key in what the entry's `create` is given."""

    name: str
    title: str
    secret: bool = False
    required: bool = True


@dataclass(frozen=True, slots=True)
class AgentEntry:
    """One agent. `create` takes a value for every required need; raises KeyError without one."""

    name: str
    title: str
    description: str
    kind: Kind
    create: RunnerFactory
    needs: tuple[Need, ...] = ()

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


SANDBOXES = {"local": "on this machine"}


def _builtin(values: Mapping[str, str]) -> Runner:
    return BuiltinRunner(model_factory(values["model"], values["key"], values.get("base_url", "")))


def _scripted(values: Mapping[str, str]) -> Runner:
    return ScriptedRunner(Path(values["transcript"]))


def _claude(values: Mapping[str, str]) -> Runner:
    return ClaudeRunner(
        Path(values["program"]),
        key=values["key"],
        model=values.get("model", ""),
        base_url=values.get("base_url", ""),
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
            Need("model", "Model, when not the program's default", required=False),
            _BASE_URL,
        ),
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
        RunnerEntry(f"{sandbox}_{agent.name}", f"{agent.title}, {where}", sandbox, agent)
        for sandbox, where in SANDBOXES.items()
        for agent in agents().values()
    ]


def parse(name: str) -> RunnerName:
    """The two halves of a runner name; raises UnknownRunner."""
    sandbox, _, agent = name.partition("_")
    if sandbox not in SANDBOXES or agent not in agents():
        known = ", ".join(runner.name for runner in runners())
        raise UnknownRunner(f"There is no runner {name[:100]!r} here. Choose one of: {known}.")
    return RunnerName(sandbox, agent)


def entry(name: str) -> AgentEntry:
    """The agent of a runner name; raises UnknownRunner."""
    return agents()[parse(name).agent]
