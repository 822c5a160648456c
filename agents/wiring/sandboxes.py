"""Settings and keys become sandboxes here, and nowhere else in this application."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.utils.crypto import salted_hmac

from agents.pipelines.context import Tools
from agents.runners import programs, registry
from agents.runners.registry import AgentEntry
from agents.sandboxes.base import SandboxError, SandboxProvider
from agents.sandboxes.registry import Place, SandboxEntry, entry
from agents.wiring import lacks
from agents.wiring.runners import AnyRunner
from clusters.forges.base import Forge
from credentials.errors import AppError
from credentials.models import Team, User
from credentials.services import keys
from credentials.services.credentials import RECONCILE
from credentials.services.keys import Revealed


@dataclass(frozen=True, slots=True)
class Sandboxes:
    """Where a runner's sandboxes are made, and the keys that were revealed for that."""

    provider: SandboxProvider
    revealed: list[Revealed] = field(default_factory=list)


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


def sandbox_provider(
    name: str, user: User | None, team: Team | None, job: int | None = None, purpose: str = ""
) -> Sandboxes:
    """Where the sandboxes of a runner are made, with the agent's own program in sight.

    The key that opens it is the person's own, else the team's, else the operator's; its use is
    written down. `job` is a job's id, `purpose` what else it is for. Raises SandboxError with
    what is missing.
    """
    sandbox, _ = registry.parse(name)
    chosen = entry(sandbox)
    key = _revealed(chosen, user, team, job, purpose)
    place = Place(
        home=settings.SANDBOX_HOME,
        anchor=settings.ANCHOR_PID,
        readable=[*_program(name), *settings.SANDBOX_READ_ONLY],
        installation=_installation(),
        values=_values(chosen, key),
    )
    return Sandboxes(chosen.create(place), [key] if key else [])


def stored_place(name: str, user: User | None, team: Team | None) -> Sandboxes | None:
    """Where a runner's sandboxes are if a stored key opens that, for tidying up there.

    None where it takes no key or the operator's. Raises SandboxError.
    """
    sandbox, _ = registry.parse(name)
    if entry(sandbox).key not in keys.at_hand(user, team).stored:
        return None
    return sandbox_provider(name, user, team, purpose=RECONCILE)


def throwaway(name: str, tier: str = "") -> SandboxProvider:
    """The provider of this name for an operator who looks around, with the operator's own key.

    All agents' programs are in sight. The commands end with this process. `tier` is an isolation
    instead of the strongest one, or ''. Raises SandboxError with what is missing.
    """
    chosen = entry(name)
    if tier and not any(need.name == "tier" for need in chosen.needs):
        raise SandboxError(f"{chosen.title} has one isolation only, so it cannot be chosen there.")
    key = _revealed(chosen, None, None, None)
    installed = [each for agent in registry.agents().values() for each in _installed(agent)]
    place = Place(
        home=settings.SANDBOX_HOME,
        anchor=os.getpid(),
        readable=[*installed, *settings.SANDBOX_READ_ONLY],
        installation=_installation(),
        values={**_values(chosen, key), **({"tier": tier} if tier else {})},
    )
    return chosen.create(place)


def _revealed(
    chosen: SandboxEntry, user: User | None, team: Team | None, job: int | None, purpose: str = ""
) -> Revealed | None:
    if not chosen.key:
        return None
    try:
        purpose = purpose or ("" if job else keys.CHECK)
        key = keys.reveal(chosen.key, user=user, team=team, job=job, purpose=purpose)
    except AppError as error:
        raise SandboxError(error.message) from error
    if key is None:
        missing = next(lacks.of_sandbox(chosen, has_key=False))
        raise SandboxError(f"{missing.sentence} {missing.remedy}")
    return key


def _values(chosen: SandboxEntry, key: Revealed | None) -> Mapping[str, str]:
    """What the entry's needs ask for."""
    if chosen.name == "local":
        return {"upstream": settings.EGRESS_PROXY}
    if chosen.key != "e2b" or key is None:
        return {"key": key.secret} if key else {}
    return {
        "key": key.secret,
        "template": settings.E2B_TEMPLATE,
        "domain": settings.E2B_DOMAIN,
        "api_url": settings.E2B_API_URL,
        "sandbox_url": settings.E2B_SANDBOX_URL,
    }


def _installation() -> str:
    """The same for all workers, and nobody else's: several may share an account."""
    return salted_hmac("soulcaster.installation", "").hexdigest()[:16]


def _program(name: str) -> list[Path]:
    return _installed(registry.entry(name))


def _installed(agent: AgentEntry) -> list[Path]:
    install = agent.install
    found = programs.find(install, settings.AGENT_PROGRAMS) if install else None
    return programs.readable(found) if found else []
