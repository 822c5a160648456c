"""Connections to the places of the list: to the address that was checked, and to no other."""

from __future__ import annotations

import base64
import socket
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from .destinations import Destinations, is_allowed, literal
from .heads import Header, Refusal
from .spec import RunDestination
from .streams import Patience, Source

Resolve = Callable[[str, int], Sequence[str]]

_KEEP_ALIVE_SECONDS = 60


class Forbidden(Refusal):
    """This place may not be reached."""

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(403, f"This command may not reach {host}:{port}. {why}")


class Line(NamedTuple):
    """A connection that leads to a place, directly or by the proxy of this machine."""

    socket: socket.socket
    by_proxy: bool


class Dialer:
    """Connects to what is on the list.

    `upstream` is the proxy that this machine has to use: then names are resolved there.
    """

    def __init__(
        self, listed: Destinations, upstream: str, resolve: Resolve, patience: Patience
    ) -> None:
        parts = urlsplit(upstream)
        self._listed = listed
        self._resolve = resolve
        self._patience = patience
        self._proxy = (parts.hostname, parts.port or 80) if parts.hostname else None
        self.proxy_headers = _credentials(parts.username, parts.password)

    def dial(self, host: str, port: int) -> Line:
        """A connection to this place; raises Refusal (Forbidden if it may not be reached)."""
        entry = self._listed.find(host, port)
        if entry is None:
            raise Forbidden(host, port, "It is not on the list of places for this command.")
        address = literal(host)
        if address is not None and not is_allowed(host, trusted=entry.trusted):
            raise _hidden(host, port)
        if self._proxy and not _is_own(host):
            return Line(self._connect(*self._proxy, self._resolved(*self._proxy)), True)
        return Line(self._connect(host, port, self._checked(host, port, entry)), False)

    def tunnel(self, host: str, port: int) -> tuple[socket.socket, Source]:
        """A connection that carries anything, and where its bytes are read from."""
        line = self.dial(host, port)
        source = Source(line.socket)
        if line.by_proxy:
            try:
                self._ask_proxy(line.socket, source, host, port)
            except BaseException:
                line.socket.close()
                raise
        return line.socket, source

    def connect_to(self, address: str, port: int) -> socket.socket:
        """A connection to an address of this machine."""
        return self._connect(address, port, [address])

    def _checked(self, host: str, port: int, entry: RunDestination) -> Sequence[str]:
        found = self._resolved(host, port)
        allowed = [each for each in found if is_allowed(each, trusted=entry.trusted)]
        if not allowed:
            raise _hidden(host, port)
        return allowed

    def _resolved(self, host: str, port: int) -> Sequence[str]:
        try:
            return self._resolve(host, port)
        except (OSError, UnicodeError):
            raise Refusal(502, f"There is no host of the name {host}.") from None

    def _connect(self, host: str, port: int, addresses: Sequence[str]) -> socket.socket:
        deadline = time.monotonic() + self._patience.server
        for address in addresses:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            try:
                made = socket.create_connection((address, port), timeout=left)
            except OSError:
                continue
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEP_ALIVE_SECONDS)
            made.settimeout(self._patience.silence)
            return made
        raise Refusal(502, f"{host}:{port} does not answer.")

    def _ask_proxy(self, line: socket.socket, source: Source, host: str, port: int) -> None:
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        lines = [f"CONNECT {place} HTTP/1.1".encode(), b"Host: " + place.encode()]
        lines += [b"%s: %s" % header for header in self.proxy_headers]
        line.sendall(b"\r\n".join([*lines, b"", b""]))
        status = source.answer(self._patience.server).split(b" ", 2)[1:2]
        if not status or not status[0].startswith(b"2"):
            said = b"".join(status)[:3].decode("ascii", "replace")
            raise Refusal(502, f"The proxy of this machine did not let {place} through ({said}).")


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as this machine sees them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _hidden(host: str, port: int) -> Forbidden:
    return Forbidden(host, port, "Its address lies in a private network.")


def _is_own(host: str) -> bool:
    """Is it this machine itself, to which no proxy leads?"""
    address = literal(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _credentials(user: str | None, password: str | None) -> list[Header]:
    if user is None:
        return []
    pair = f"{unquote(user)}:{unquote(password or '')}".encode()
    return [(b"Proxy-Authorization", b"Basic " + base64.b64encode(pair))]
