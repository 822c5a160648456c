"""Sockets and ports: a port that is taken is never a crash."""

from __future__ import annotations

import socket
from contextlib import suppress
from ipaddress import ip_address

PREFERRED = 8000
TRIES = 100


def listen(host: str, preferred: int) -> socket.socket:
    """A listening socket on the preferred port, else on the next free one, else on any.

    The launcher holds it and the web process inherits it: no race for the port, and while web
    restarts the callers wait in the backlog instead of being refused.
    """
    last = min(preferred + TRIES, 65536) if preferred else 0
    for port in (*range(preferred, last), 0):
        with suppress(OSError):
            return socket.create_server((host, port), family=family_of(host), backlog=256)
    raise OSError(f"No port can be opened on {host}: is it an address of this machine?")


def family_of(host: str) -> socket.AddressFamily:
    """IPv6 for addresses with colons."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def free_port(preferred: int = 0) -> int:
    """A port of this machine that nobody listens on now, the preferred one if possible."""
    for port in (preferred, 0):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)) as server:
            return int(server.getsockname()[1])
    raise OSError("This machine has no free port left.")


def port_of(server: socket.socket) -> int:
    """The port a socket listens on."""
    return int(server.getsockname()[1])


def address_of(server: socket.socket) -> str:
    """How a browser on this machine reaches the socket."""
    host = ip_address(server.getsockname()[0])
    if host.is_unspecified:  # it listens everywhere
        host = ip_address("127.0.0.1" if host.version == 4 else "::1")
    shown = f"[{host}]" if host.version == 6 else str(host)
    return f"http://{shown}:{port_of(server)}"
