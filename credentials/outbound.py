"""Small questions to other people's servers, without being led to where nobody meant to go.

Plain Python. Redirects are not followed, answers are read up to a limit and within a time. An
address that a person has typed is resolved once, checked, and the connection goes to exactly
what was checked, so that a name cannot mean another machine a moment later.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2

SECONDS = 10.0
MOST_BYTES = 256 * 1024
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Metadata services of clouds that do not look like what they are.
_METADATA = {ipaddress.ip_address(text) for text in ("fd00:ec2::254", "192.0.0.192")}


class AddressRefused(ValueError):
    """An address that nobody here may call; the message is a sentence."""


class Unreachable(Exception):
    """No answer came; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said; `body` may be cut off at the limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def check_address(url: str, *, private: bool) -> None:
    """Raise AddressRefused for an address that a person may not name, without asking any server.

    `private`: whether the address may be one of this machine's own network.
    """
    _, host, _ = _split(url)
    if "?" in url or "#" in url:
        raise AddressRefused("Leave ? and # out of the address.")
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return  # a name; it is resolved when it is called
    _check_ip(literal, private=private)


def check_host(url: str, *, private: bool) -> None:
    """Like `check_address`, and where the name of the host leads to now.

    A name that leads nowhere is left to whoever calls it.
    """
    check_address(url, private=private)
    _, host, port = _split(url)
    with suppress(Unreachable):
        _resolve(host, port, private=private)


def get(url: str, headers: Mapping[str, str]) -> Answer:
    """Ask an address that the product or its operator has chosen; raises Unreachable."""
    return _ask(url, dict(headers), {})


def get_checked(url: str, headers: Mapping[str, str], *, private: bool) -> Answer:
    """Ask an address that a person has typed; raises AddressRefused or Unreachable."""
    _, host, port = _split(url)
    address = _resolve(host, port, private=private)
    shown = f"[{address}]" if address.version == 6 else str(address)
    pinned = httpx2.URL(url).copy_with(host=shown.strip("[]"))
    name = httpx2.URL(url).netloc.decode("ascii")
    return _ask(str(pinned), {**headers, "Host": name}, {"sni_hostname": host}, proxies=False)


def _split(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address that could be one."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme not in {"http", "https"} or not host or not url.isascii():
        raise AddressRefused("Write the address as https://host or http://host:port.")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("Leave user name and password out of the address.")
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80)


def _resolve(host: str, port: int, *, private: bool) -> _Address:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable(f"There is no host of the name {host}.") from None
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    for address in addresses:
        _check_ip(address, private=private)
    return addresses[0]


def _check_ip(address: _Address, *, private: bool) -> None:
    if isinstance(address, ipaddress.IPv6Address) and (inner := _inner(address)):
        return _check_ip(inner, private=private)
    # Link-local is where clouds keep their metadata services: never, whatever is allowed.
    never = address.is_link_local or address.is_multicast or address.is_unspecified
    if never or address in _METADATA:
        raise AddressRefused("This address is never called from here.")
    if not address.is_global and not (private and (address.is_private or address.is_loopback)):
        raise AddressRefused(
            "This address lies in a private network. An operator can allow such addresses "
            "(SOULCASTER_PRIVATE_ADDRESSES)."
        )
    return None


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The older address that a newer one stands for."""
    if address in _NAT64:
        return ipaddress.IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour


def _ask(
    url: str, headers: dict[str, str], extensions: dict[str, str], *, proxies: bool = True
) -> Answer:
    deadline = time.monotonic() + SECONDS
    body = bytearray()
    try:
        with (
            httpx2.Client(timeout=SECONDS, follow_redirects=False, trust_env=proxies) as client,
            client.stream("GET", url, headers=headers, extensions=extensions) as response,
        ):
            for chunk in response.iter_bytes():
                body += chunk[: MOST_BYTES - len(body)]
                if len(body) >= MOST_BYTES or time.monotonic() > deadline:
                    break
            return Answer(response.status_code, dict(response.headers), bytes(body))
    except httpx2.TimeoutException:
        raise Unreachable(f"There was no answer within {SECONDS:.0f} seconds.") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        raise Unreachable(f"The connection failed ({type(error).__name__}).") from None
