"""Settings and keys become runners here, and nowhere else in this application."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import cast

from django.conf import settings

from agents.logs.scrubber import Scrubber
from agents.runners import programs, registry
from agents.runners.base import CommandRunner, HostedRunner
from agents.runners.install import Install
from agents.runners.registry import AgentEntry
from agents.sandboxes import registry as places
from clusters.planner.providers import DEFAULT_MODELS
from clusters.wiring import model_name
from credentials.errors import AppError, Conflict
from credentials.models import Credential, Team, User
from credentials.services import keys
from credentials.services.keys import Revealed

AnyRunner = CommandRunner | HostedRunner
KeyValues = Callable[[str], dict[str, str]]  # a provider's key and address, {} without one

SHORTEST_SECRET = 6

_NO_MODEL = (
    "There is no key for a model, so a run ends after plan and baseline. "
    "Add one under Settings, Keys."
)


@dataclass(frozen=True, slots=True)
class RunnerInfo:
    """A runner as people choose it. `note` is something they should know although it is ready."""

    name: str
    title: str
    configured: bool
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A runner with its keys, revealed once for one job.

    `runner` is None when there is no model or key to work with; `problem` is a sentence when
    there is a key that cannot be read.
    """

    runner: AnyRunner | None
    revealed: list[Revealed] = field(default_factory=list)
    problem: str = ""


def runner_infos(user: User | None, team: Team | None) -> list[RunnerInfo]:
    """Every runner the product knows, with what is missing for this person and team."""
    return [runner_info(entry.name, user, team) for entry in registry.runners()]


def runner_info(name: str, user: User | None, team: Team | None) -> RunnerInfo:
    """One runner, as this person and team could use it; raises UnknownRunner."""
    agent = registry.entry(name)
    missing = [
        need.title
        for need in agent.missing(
            _values(name, user, team, partial(_is_there, user=user, team=team))
        )
    ]
    if missing and agent.name == "builtin":
        # A run without a model still gives a plan and a baseline, and says so.
        return RunnerInfo(name, agent.title, configured=True, note=_NO_MODEL)
    reason = f"It needs: {', '.join(missing)}." if missing else ""
    return RunnerInfo(name, agent.title, not missing, reason, agent.note)


def key_choices(
    names: Iterable[str], user: User | None, team: Team | None
) -> dict[str, list[Credential]]:
    """The stored keys that each runner could work with here, the person's own first.

    Raises UnknownRunner.
    """
    fitting = {name: _providers(registry.entry(name)) for name in names}
    wanted = {provider for providers in fitting.values() for provider in providers}
    stored = list(keys.usable(wanted, user=user, team=team))
    return {
        name: [key for key in stored if key.provider in providers]
        for name, providers in fitting.items()
    }


def prepare(
    name: str, *, user: User | None, team: Team, job: int, chosen: int | None = None
) -> Prepared:
    """A runner with the keys of who asked for a job; each use is written down.

    The chosen key (a credential's id) goes before the person's own, that before the team's, that
    before the operator's; one that cannot be used any more is a problem, and nothing takes its
    place. `job` is its id. Raises UnknownRunner.
    """
    agent = registry.entry(name)
    revealed: list[Revealed] = []

    def reveal(provider: str) -> dict[str, str]:
        key = keys.reveal(provider, user=user, team=team, job=job, chosen=chosen)
        if key is None:
            return {}
        revealed.append(key)
        return {"key": key.secret, "base_url": key.base_url}

    try:
        provider = _provider_of(chosen, name, user, team) if chosen is not None else ""
        values = _values(name, user, team, reveal, provider)
    except AppError as error:
        return Prepared(None, problem=error.message)
    runner = None if agent.missing(values) else cast("AnyRunner", agent.create(values))
    return Prepared(runner, revealed)


def scrubber(revealed: Iterable[Revealed] = ()) -> Scrubber:
    """What keeps the platform's secrets, and those revealed for a job, out of logs and pages."""
    return Scrubber(
        secret for secret in keys.all_secrets(revealed) if len(secret.strip()) >= SHORTEST_SECRET
    )


def _values(
    runner: str, user: User | None, team: Team | None, key_values: KeyValues, chosen: str = ""
) -> Mapping[str, str]:
    """What the settings and the keys say for an agent's needs; `chosen`: a provider."""
    sandbox, name = registry.parse(runner)
    agent = registry.entry(runner)
    if name == "scripted":
        path = settings.TRANSCRIPT
        return {"transcript": str(path)} if path.is_file() else {}
    model = model_name(user, team, chosen, only=agent.providers)
    values = {**key_values(model.partition(":")[0]), "model": model} if model else {}
    if agent.install is not None:
        values["program"] = _program(agent.install, sandbox)
    return values


def _program(install: Install, sandbox: str) -> str:
    """The path of an agent's program in the sandbox; '' when it is not there."""
    if not places.entry(sandbox).on_this_machine:
        return install.program  # it comes with the image
    return str(programs.find(install, settings.AGENT_PROGRAMS) or "")


def _providers(agent: AgentEntry) -> Sequence[str]:
    if agent.name == "scripted":
        return ()
    return agent.providers or tuple(DEFAULT_MODELS)


def _provider_of(chosen: int, runner: str, user: User | None, team: Team | None) -> str:
    """Whose the chosen key is; Conflict `credential_not_found` when it will not do any more."""
    for key in key_choices([runner], user, team)[runner]:
        if key.pk == chosen:
            return key.provider
    raise Conflict(
        "credential_not_found",
        "The key that was chosen for this job is not there any more: start it again with another.",
    )


def _is_there(provider: str, *, user: User | None, team: Team | None) -> dict[str, str]:
    """A key's place is taken, without opening it: enough to say what is missing."""
    return {"key": "yes"} if keys.is_there(provider, user=user, team=team) else {}
