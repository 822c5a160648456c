"""Which hosts a project may allow: names of the public network, each with a phase."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings

MOST_HOSTS = 50
PHASES = ("setup", "agent")
_NAME = re.compile(
    r"(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
)
# What resolvers read as an address: 127.1, 0x7f000001, 2130706433.
_NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)")
_PRIVATE_ENDS = (
    "corp", "home", "home.arpa", "internal", "intranet", "invalid", "lan", "local", "localdomain",
    "localhost", "onion", "private",
)  # fmt: skip
_BRIEF = (
    "Write only the name, such as example.com or *.example.com: without https://, path or port."
)


def problem_with(entry: object) -> str:
    """What is wrong with one allowed host; '' for one that can be used."""
    if not isinstance(entry, Mapping) or set(entry) - {"host", "phase", "port"}:
        return "Give every host a name, a phase and, if need be, a port."
    host, phase, port = entry.get("host"), entry.get("phase"), entry.get("port")
    if not isinstance(host, str) or not host:
        return _BRIEF
    if said := problem_with_name(host):
        return f"{_shown(host)}: {said}"
    if phase not in PHASES:
        return f"{_shown(host)}: choose whether the set-up or the agent may reach it."
    is_port = isinstance(port, int) and not isinstance(port, bool) and 1 <= port <= 65_535
    if port is not None and not is_port:
        return f"{_shown(host)}: a port is a number from 1 to 65,535, or left out for 80 and 443."
    return ""


def problem_with_name(host: str) -> str:
    """What is wrong with a host's name, or "*.name"; '' for one that can be used."""
    if host in {"*", "*."}:
        return "To reach every host, choose the whole network instead."
    if _is_address(host):
        return _private("An address of numbers") if not _may_be_named(host) else ""
    if len(host) > 253 or not _NAME.fullmatch(host):
        return _BRIEF
    name = host.removeprefix("*.")
    if is_private(host) and not settings.PRIVATE_ADDRESSES:
        return _private("A name of a private network")
    if name == "localhost" or name.endswith(".localhost"):
        return "What runs on the worker's own machine is not for sandboxes."
    if host.startswith("*.") and "." not in name:
        return "That is nearly every host: name the one that is needed."
    return ""


def is_private(host: str) -> bool:
    """Whether this names something of a private network: a number, or such a name."""
    name = host.removeprefix("*.")
    ends = tuple(f".{end}" for end in _PRIVATE_ENDS)
    return _is_address(host) or "." not in name or name.endswith(ends)


def tidied(entry: Any) -> Any:
    """A host as it is kept: the letters of its name are small. What is none comes back as it is."""
    if not isinstance(entry, Mapping) or not isinstance(entry.get("host"), str):
        return entry
    host = entry["host"].strip().lower().removesuffix(".")
    return {"port": None, **entry, "host": host}


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return bool(_NUMERIC.fullmatch(host.rpartition(".")[2]))
    return True


def _may_be_named(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False  # an address in disguise
    address = getattr(address, "ipv4_mapped", None) or address
    # Link-local is where clouds keep their metadata services, loopback the platform's own: never.
    never = address.is_link_local or address.is_unspecified or address.is_loopback
    return settings.PRIVATE_ADDRESSES and not never


def _private(what: str) -> str:
    return (
        f"{what} is not allowed: give a public name. An operator can change that "
        "(SOULCASTER_PRIVATE_ADDRESSES)."
    )


def _shown(host: str) -> str:
    """A stranger's word, fit for a message."""
    return "".join(letter if letter.isprintable() else "?" for letter in host[:80])
