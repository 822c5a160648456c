"""What the phases of a job may reach: by the project's choice, and never more than they need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from agents.pipelines.base import Phase
from agents.pipelines.context import Settings
from agents.runners.base import KeyUse, Launch
from agents.sandboxes.base import Destination, Network, Reach

INJECTED = "added-outside-of-the-sandbox"


def allowed(settings: Settings, phase: Phase) -> list[Destination]:
    """The hosts that the project itself allows in a phase."""
    return [
        Destination(each.host, each.port, trusted=each.trusted)
        for each in settings.allowed
        if each.phase == phase
    ]


def setup_network(settings: Settings, registries: Iterable[Destination]) -> Network:
    """What installers may reach; `registries` are the hosts that they fetch packages from."""
    match settings.setup_network:
        case Reach.OPEN:
            return Network.OPEN
        case Reach.LIST:
            return Network.only([*registries, *allowed(settings, Phase.SETUP)])
        case _:
            return Network.NONE


def agent_network(
    settings: Settings, launch: Launch, registries: Iterable[Destination], *, adds_headers: bool
) -> Network:
    """What a command line agent may reach: its model, and what the project adds to that."""
    model = [_with_key(launch, adds_headers)] if launch.destination else []
    match settings.agent_network:
        case Reach.OPEN:
            return Network(Reach.OPEN, tuple(model))
        case Reach.LIST:
            return Network.only([*model, *registries, *allowed(settings, Phase.AGENT)])
        case _:
            return Network.only(model)


def environment(launch: Launch, *, adds_headers: bool) -> dict[str, str]:
    """The process's environment, with the key only where nobody can add it further outside."""
    key = launch.key
    if key is None:
        return dict(launch.env)
    outside = adds_headers and key.header and launch.destination is not None
    return {**launch.env, key.variable: INJECTED if outside else key.value}


def _with_key(launch: Launch, adds_headers: bool) -> Destination:
    assert launch.destination is not None
    key = launch.key
    if key is None or not key.header or not adds_headers:
        return launch.destination
    return replace(launch.destination, headers=(_header(key),))


def _header(key: KeyUse) -> tuple[str, str]:
    return key.header, f"{key.prefix}{key.value}"
