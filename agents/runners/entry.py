"""What the registry knows of one agent. Other packages make theirs with `command_entry`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agents.needs import Need
from agents.runners.base import Features, Kind, Runner, RunnerFactory
from agents.runners.cli import CliRunner
from agents.runners.install import Install
from agents.runners.models import ModelChoice

BASE_URL = Need("base_url", "Address of a gateway, instead of the provider's own", required=False)


@dataclass(frozen=True, slots=True)
class AgentEntry:
    """One agent. `create` takes a value for every required need; raises KeyError without one.

    `install` is where its program comes from, for one that runs in the sandbox; a need named
    "program" then gets its path. `providers` are those whose models it can work with; empty: all.
    `note` is something that people should know although it is ready, `key_note` the same where
    its key has to be in the sandbox.
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
    key_note: str = ""

    def missing(self, values: Mapping[str, str]) -> list[Need]:
        """The required needs that have no value."""
        return [need for need in self.needs if need.required and not values.get(need.name)]


def command_entry(
    runner: type[CliRunner],
    description: str,
    *,
    model: str,
    providers: tuple[str, ...] = (),
    features: Features | None = None,
    note: str = "",
    key_note: str = "",
) -> AgentEntry:
    """The entry of a command line agent. `model` is an example of one, as "provider:name"."""

    def create(values: Mapping[str, str]) -> Runner:
        return runner(Path(values["program"]), model_choice(values))

    needs = (
        Need("program", f"Path of the program {runner.install.program}"),
        Need("key", "Key of the model's provider", secret=True),
        Need("model", f"Model, such as {model}"),
        BASE_URL,
    )
    return AgentEntry(
        runner.name,
        runner.title,
        description,
        "command",
        create,
        needs,
        runner.install,
        providers,
        features or Features(),
        note,
        key_note,
    )


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
