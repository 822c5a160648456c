"""What a machine may reach. E2B's rules are of a whole machine, ours of a command."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable, Iterable

from e2b import ALL_TRAFFIC, SandboxNetworkUpdate
from e2b.sandbox.sandbox_api import SandboxNetworkRules

from agents.sandboxes.base import Destination, Network, Reach, SandboxError

_NAMED_PORTS = (None, 80, 443)


def rules(network: Network) -> SandboxNetworkUpdate:
    """The network in the SDK's words; raises SandboxError for what E2B cannot do.

    What is allowed goes before what is denied there, and headers are put on only for hosts that
    are allowed by name.
    """
    hosts = [each for each in network.destinations if _is_reachable(each)]
    added: SandboxNetworkRules = {
        each.host: [{"transform": {"headers": dict(each.headers)}}]
        for each in hosts
        if each.headers
    }
    match network.reach:
        case Reach.NONE:
            return {"deny_out": [ALL_TRAFFIC]}
        case Reach.LIST:
            allowed = list(dict.fromkeys(each.host for each in hosts))
            return _update([*allowed], added)
        case Reach.OPEN if added:
            return _update([ALL_TRAFFIC, *added], added)
        case _:
            return {"allow_internet_access": True}


def secrets_of(network: Network) -> list[str]:
    """What must not be said again: the values of headers, and their last words."""
    values = [value for each in network.destinations for _, value in each.headers]
    return [secret for value in values for secret in (value, value.split()[-1]) if secret]


class Gate:
    """Opens the machine's network before a command and closes it after its end.

    `update` tells E2B; `online` names the commands that run with a network, asked once: an
    earlier worker may have started them.
    """

    def __init__(
        self,
        update: Callable[[Network], None],
        online: Callable[[], Iterable[str]],
        current: Network | None,
    ) -> None:
        self._update = update
        self._online = online
        self._current = current  # None: nobody here knows
        self._lock = threading.RLock()
        self._users: set[str] | None = None if current is None else set()

    def open(self, network: Network, key: str) -> None:
        """Before a command starts. One without a network changes nothing for another with one."""
        with self._lock:
            others = self._known_users() - {key}
            if others and network.reach is Reach.NONE:
                return
            if others and network != self._current:
                raise SandboxError(
                    "Another command of this sandbox is using the network by other rules; E2B has "
                    "one set of rules for the whole sandbox. Wait for its end."
                )
            self._set(network)
            if network.reach is not Reach.NONE:
                self._known_users().add(key)

    def close(self, key: str) -> None:
        """After a command's end: without another that needs it, the machine has no network."""
        with self._lock:
            users = self._known_users()
            users.discard(key)
            if not users:
                self._set(Network.NONE)

    def _set(self, network: Network) -> None:
        if network != self._current:
            self._current = None
            self._update(network)
            self._current = network

    def _known_users(self) -> set[str]:
        if self._users is None:
            self._users = set(self._online())
        return self._users


def _update(allowed: list[str], added: SandboxNetworkRules) -> SandboxNetworkUpdate:
    return {"allow_out": allowed, "deny_out": [ALL_TRAFFIC], "rules": added}


def _is_reachable(destination: Destination) -> bool:
    """Whether to ask E2B for it; its own private networks are nobody's business."""
    try:
        address = ipaddress.ip_address(destination.host)
    except ValueError:
        if destination.port not in _NAMED_PORTS:
            raise SandboxError(
                f"E2B opens a host by its name on the ports 80 and 443 only, so "
                f"{destination.host}:{destination.port} cannot be reached from there. Use one of "
                "these ports, name its address instead, or choose another sandbox."
            ) from None
        return True
    return destination.trusted or address.is_global
