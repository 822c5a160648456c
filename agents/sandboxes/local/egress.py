"""From the network that a caller asks for to what the supervisor is told of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from agents.sandboxes.base import Destination, Network, Reach, SandboxError
from agents.sandboxes.supervisor.destinations import USUAL_PORTS, literal
from agents.sandboxes.supervisor.spec import RunDestination, RunGate

_FIRST_PORT = 61080  # above those that Linux hands out


def run_gate(network: Network, upstream: str) -> RunGate | None:
    """The gate for this network; None if it is not a list."""
    if network.reach is not Reach.LIST:
        return None
    doors = _loopback_places(network.destinations)
    taken = {port for _, port in doors}
    return RunGate(
        destinations=[RunDestination(d.host, d.port, d.trusted) for d in network.destinations],
        port=next(port for port in range(_FIRST_PORT, 1 << 16) if port not in taken),
        doors=doors,
        upstream=upstream,
    )


def check_upstream(address: str) -> str:
    """The address of a proxy, if it is one that can be used; raises SandboxError otherwise."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme == "http" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if address and not usable:
        raise SandboxError(
            "The address of the proxy for sandboxes must be http://host:port, with"
            " user:password@ before the host if it asks for them."
        )
    return address


def _loopback_places(listed: Iterable[Destination]) -> list[tuple[str, int]]:
    """The addresses and ports of this machine's loopback that the operator has opened."""
    places = [
        (address, port)
        for each in listed
        if each.trusted
        for address in _loopback_addresses(each.host)
        for port in (USUAL_PORTS if each.port is None else (each.port,))
    ]
    return list(dict.fromkeys(places))


def _loopback_addresses(host: str) -> Sequence[str]:
    if host.lower() == "localhost":
        return ("127.0.0.1", "::1")
    address = literal(host)
    return (str(address),) if address is not None and address.is_loopback else ()
