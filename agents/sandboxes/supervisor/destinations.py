"""The list of places that a command may reach, and which addresses they may lie at."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from .spec import RunDestination

USUAL_PORTS = (80, 443)
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_BRACKETS = re.compile(r"^\[(.*)\]$")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SITE_LOCAL = ipaddress.IPv6Network("fec0::/10")
# Metadata services of clouds that do not look like what they are.
_METADATA = {
    ipaddress.ip_address(text)
    for text in ("fd00:ec2::254", "192.0.0.192", "100.100.100.200", "168.63.129.16")
}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Destinations:
    """What is listed; hosts are compared in the spelling of `host_name`."""

    def __init__(self, listed: Iterable[RunDestination]) -> None:
        # The trusted ones first: a place that is listed twice is what the operator said it is.
        self._listed = sorted(listed, key=lambda each: not each.trusted)

    def find(self, host: str, port: int) -> RunDestination | None:
        """The entry that allows this place; None if there is none."""
        for each in self._listed:
            ports = USUAL_PORTS if each.port is None else (each.port,)
            if port in ports and _matches(each.host, host):
                return each
        return None


def host_name(text: str) -> str:
    """The host in the one spelling that is compared; raises ValueError if it cannot be one."""
    if address := literal(text):
        return str(address)
    name = text.lower().removesuffix(".")
    if len(name) > 253 or not _NAME.fullmatch(name):
        raise ValueError("this is not the name of a host")
    return name


def literal(host: str) -> Address | None:
    """The address that this text is, brackets allowed; None for a name."""
    try:
        return _plain(ipaddress.ip_address(_BRACKETS.sub(r"\1", host)))
    except ValueError:
        return None


def is_allowed(address: str, *, trusted: bool) -> bool:
    """May a connection go to this address? Only what is trusted may lie in a private network."""
    plain = literal(address.partition("%")[0])
    # Link-local is where clouds keep their metadata services: never, whatever is trusted.
    if plain is None or plain.is_link_local or plain.is_multicast or plain.is_unspecified:
        return False
    if plain in _METADATA:
        return False
    return trusted or (plain.is_global and not plain.is_reserved and plain not in _SITE_LOCAL)


def _matches(listed: str, host: str) -> bool:
    if listed.startswith("*."):
        return literal(host) is None and host.endswith(listed[1:].lower())
    try:
        return host_name(listed) == host
    except ValueError:
        return False


def _plain(address: Address) -> Address:
    """The older address, where a newer one stands for one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or address
