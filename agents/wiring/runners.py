"""Settings and keys become runners here, and nowhere else in this application."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import cast

from django.conf import settings

from agents.logs.scrubber import Scrubber
from agents.runners import programs, registry
from agents.runners.base import CommandRunner, HostedRunner
from agents.runners.entry import AgentEntry, model_choice
from agents.runners.install import Install
from agents.sandboxes import registry as places
from agents.wiring import lacks
from clusters.planner.providers import DEFAULT_MODELS, PROVIDERS
from clusters.wiring import model_name, offers, opened
from credentials import outbound
from credentials.errors import AppError, Conflict
from credentials.models import Credential, Team, User
from credentials.providers import PROVIDERS as PROVIDER_INFOS
from credentials.services import keys
from credentials.services.keys import AtHand, Revealed

AnyRunner = CommandRunner | HostedRunner
KeyValues = Callable[[str], dict[str, str]]  # a provider's key and address, {} without one

SHORTEST_SECRET = 6

_NO_MODEL = "There is no key for a model, so a run ends after plan and baseline."


@dataclass(frozen=True, slots=True)
class RunnerInfo:
    """A runner as people choose it.

    `reason` says why it could not run now, `remedy` what to do about that; `note` is something
    that they should know although it is ready. `model` is the one that it would work with;
    `needs_model`: it only lacks somebody who names one.
    """

    name: str
    title: str
    configured: bool
    reason: str = ""
    note: str = ""
    remedy: str = ""
    sandbox: str = ""
    agent: str = ""
    model: str = ""
    needs_model: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """A runner with its keys, revealed once for one job.

    `runner` is None when there is no model or key to work with; `problem` is a sentence when
    there is a key that cannot be read. `model` is the one that it works with, as provider:name.
    """

    runner: AnyRunner | None
    revealed: list[Revealed] = field(default_factory=list)
    problem: str = ""
    model: str = ""


def runner_infos(user: User | None, team: Team | None) -> list[RunnerInfo]:
    """Every runner the product knows, with what is missing for this person and team."""
    at_hand = keys.at_hand(user, team)
    return [_info(entry.name, "", user, team, at_hand) for entry in registry.runners()]


def runner_info(name: str, user: User | None, team: Team | None, model: str = "") -> RunnerInfo:
    """One runner, as this person and team could use it with a model; raises UnknownRunner."""
    return _info(name, model, user, team, keys.at_hand(user, team))


def model_providers(name: str) -> Sequence[str]:
    """The providers whose models a runner can work with; raises UnknownRunner."""
    agent = registry.entry(name)
    if agent.name == "scripted":
        return ()
    return agent.providers or tuple(PROVIDERS)


def key_choices(
    names: Iterable[str], user: User | None, team: Team | None
) -> dict[str, list[Credential]]:
    """The stored keys that each runner could work with here, the person's own first.

    Raises UnknownRunner.
    """
    fitting = {name: model_providers(name) for name in names}
    wanted = {provider for providers in fitting.values() for provider in providers}
    stored = list(keys.usable(wanted, user=user, team=team))
    return {
        name: [key for key in stored if key.provider in providers]
        for name, providers in fitting.items()
    }


def prepare(
    name: str,
    *,
    user: User | None,
    team: Team,
    job: int,
    chosen: int | None = None,
    model: str = "",
) -> Prepared:
    """A runner with the keys of who asked for a job; each use is written down.

    The chosen key (a credential's id) goes before the person's own, that before the team's, that
    before the operator's; one that cannot be used any more is a problem, and nothing takes its
    place. `model` is the chosen one, '' for the usual; `job` is its id. Raises UnknownRunner.
    """
    agent = registry.entry(name)
    revealed: list[Revealed] = []
    only = () if model else model_providers(name)

    def reveal(provider: str) -> dict[str, str]:
        key = keys.reveal(provider, user=user, team=team, job=job, chosen=chosen)
        if key is None or (key.credential_id is None and not _operator_offers(provider, only)):
            return {}
        revealed.append(key)
        return _key_values(key)

    try:
        model = model or _usual_model(name, user, team, chosen)
        if model and model.partition(":")[0] not in model_providers(name):
            raise Conflict("model_unknown", f"{name} cannot work with the model {model}.")
        values = _values(name, model, reveal)
    except AppError as error:
        return Prepared(None, problem=error.message)
    ready = not lacks.of_agent(agent, values)
    try:
        runner = _created(agent, {"key": "", **values}) if ready else None
    except ValueError as error:  # a model or an address that nobody can use
        return Prepared(None, revealed, problem=f"{error} Choose another model or address.")
    return Prepared(runner, revealed, model=model)


def _created(agent: AgentEntry, values: Mapping[str, str]) -> AnyRunner:
    if agent.kind == "command":
        _ = model_choice(values).destination  # raises now what would end the job later
    return cast("AnyRunner", agent.create(values))


def scrubber(revealed: Iterable[Revealed] = ()) -> Scrubber:
    """What keeps the platform's secrets, and those revealed for a job, out of logs and pages."""
    return Scrubber(
        secret for secret in keys.all_secrets(revealed) if len(secret.strip()) >= SHORTEST_SECRET
    )


def program(name: str) -> str:
    """The path of a runner's program in its sandbox; '' without one. Raises UnknownRunner."""
    install = registry.entry(name).install
    return _program(install, registry.parse(name).sandbox) if install else ""


def sandbox_lacks(sandbox: str, user: User | None, team: Team | None) -> list[lacks.Lack]:
    """What is missing to open a sandbox of this provider; raises SandboxError for an unknown one."""
    place = places.entry(sandbox)
    return list(lacks.of_sandbox(place, has_key=place.key in keys.at_hand(user, team)))


def _info(
    name: str, model: str, user: User | None, team: Team | None, at_hand: AtHand
) -> RunnerInfo:
    sandbox, _ = registry.parse(name)
    agent, place = registry.entry(name), places.entry(sandbox)
    providers = model_providers(name)
    only = () if model else providers
    model = model or (model_name(user, team, "", providers, at_hand) if providers else "")
    values = _values(name, model, partial(_is_there, at_hand=at_hand, only=only))
    unnamed = next(
        (each for each in providers if each in at_hand and each not in DEFAULT_MODELS), ""
    )
    missing = lacks.of_agent(agent, values, unnamed=unnamed)
    elsewhere = list(lacks.of_sandbox(place, has_key=place.key in at_hand))
    info = RunnerInfo(
        name,
        agent.title,
        True,
        note=" ".join(filter(None, [agent.note, "" if place.adds_headers else agent.key_note])),
        sandbox=sandbox,
        agent=agent.name,
        model=model,
        needs_model=bool(unnamed and not model and len(missing) == 1 and not elsewhere),
    )
    if agent.name == "builtin" and missing and not elsewhere:
        # A run without a model still gives a plan and a baseline, and says so.
        return replace(info, note=_NO_MODEL, remedy=missing[0].remedy)
    if not (missing := [*elsewhere, *missing]):
        return info
    return replace(
        info,
        configured=False,
        reason=" ".join(lack.sentence for lack in missing),
        remedy=" ".join(dict.fromkeys(lack.remedy for lack in missing)),
    )


def _usual_model(name: str, user: User | None, team: Team | None, chosen: int | None) -> str:
    """The model that fits a job's key, when nobody named one."""
    provider = _provider_of(chosen, name, user, team) if chosen is not None else ""
    providers = model_providers(name)
    return model_name(user, team, provider, only=providers) if providers else ""


def _values(runner: str, model: str, key_values: KeyValues) -> Mapping[str, str]:
    """What the settings and the keys say for an agent's needs."""
    sandbox, name = registry.parse(runner)
    agent = registry.entry(runner)
    if name == "scripted":
        path = settings.TRANSCRIPT
        return {"transcript": str(path)} if path.is_file() else {}
    values = {**key_values(model.partition(":")[0]), "model": model} if model else {}
    if agent.install is not None:
        values["program"] = _program(agent.install, sandbox)
    return values


def _key_values(key: Revealed) -> dict[str, str]:
    """A key as agents' needs are called. Raises Conflict for an address that is not to be asked."""
    secret, address = opened(key)
    values = {"key": secret, "base_url": address}
    named_by_operator = key.base_url == settings.MODEL_BASE_URLS.get(key.provider)
    if not address or named_by_operator:
        return values | ({"trusted": "yes"} if address else {})
    try:
        outbound.check_host(address, private=settings.PRIVATE_ADDRESSES)
    except outbound.AddressRefused as refusal:
        title = PROVIDER_INFOS[key.provider].title
        raise Conflict("model_address_refused", f"The address of {title}: {refusal}") from None
    return values | ({"trusted": "yes"} if settings.PRIVATE_ADDRESSES else {})


def _program(install: Install, sandbox: str) -> str:
    """The path of an agent's program in the sandbox; '' when it is not there."""
    if not places.entry(sandbox).on_this_machine:
        return install.program  # it comes with the image
    return str(programs.find(install, settings.AGENT_PROGRAMS) or "")


def _provider_of(chosen: int, runner: str, user: User | None, team: Team | None) -> str:
    """Whose the chosen key is; Conflict `credential_not_found` when it will not do any more."""
    for key in key_choices([runner], user, team)[runner]:
        if key.pk == chosen:
            return key.provider
    raise Conflict(
        "credential_not_found",
        "The key that was chosen for this job is not there any more: start it again with another.",
    )


def _is_there(provider: str, *, at_hand: AtHand, only: Sequence[str]) -> dict[str, str]:
    """A key's place is taken, without opening it: enough to say what is missing."""
    is_offered = provider in at_hand.operators and _operator_offers(provider, only)
    there = provider in at_hand.stored or is_offered
    return {"key": "yes", "base_url": "yes"} if there else {}


def _operator_offers(provider: str, only: Sequence[str]) -> bool:
    """Whether people may spend the operator's own key; an address without a key costs nothing."""
    return provider in lacks.WITHOUT_KEY or offers(provider, only)
