"""The ways from a command to its gate: sockets that are made on one side and served on the other.

A socket belongs for ever to the network namespace in which it was made. So one that listens
inside of a sandbox can be accepted from by a process outside, and nothing of ours runs inside.
"""

from __future__ import annotations

import fcntl
import socket
import struct
from collections.abc import Mapping
from typing import NamedTuple

from .spec import RunGate

GATE = "gate"
LISTENER, CONNECTION = "listener", "connection"

_WAITING = 256
_SIOCSIFFLAGS = 0x8914
_IFF_UP_RUNNING = 0x41
_MESSAGE_BYTES = 256
_DIRECT = "localhost,127.0.0.1,::1"


class Delivery(NamedTuple):
    """A socket for the gate: what it is, and where it leads (`GATE`, or "address port")."""

    kind: str
    place: str
    socket: socket.socket


def door_pair() -> tuple[socket.socket, socket.socket]:
    """Two ends between which sockets can be handed over."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def hand_over(door: socket.socket, delivery: Delivery) -> None:
    """Give a socket away; raises BlockingIOError if the door may not wait and would have to."""
    words = f"{delivery.kind} {delivery.place}".encode()
    with delivery.socket:
        socket.send_fds(door, [words], [delivery.socket.fileno()])


def receive(door: socket.socket) -> Delivery | None:
    """The next socket; None when there will be no more."""
    words, descriptors, _, _ = socket.recv_fds(door, _MESSAGE_BYTES, 1)
    if not words or not descriptors:
        return None
    kind, _, place = words.decode().partition(" ")
    return Delivery(kind, place, socket.socket(fileno=descriptors[0]))


def open_inside(gate: RunGate, door: socket.socket) -> None:
    """In a new and empty network namespace: make the ways to the gate and hand them over."""
    bring_loopback_up()
    with door:
        hand_over(door, Delivery(LISTENER, GATE, listener("127.0.0.1", gate.port)))
        for address, port in gate.doors:
            try:
                made = listener(address, port)
            except OSError:
                if ":" not in address:
                    raise
                continue  # a host without IPv6
            hand_over(door, Delivery(LISTENER, f"{address} {port}", made))


def listener(address: str, port: int) -> socket.socket:
    """A socket that listens there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, port), family=family, backlog=_WAITING)


def bring_loopback_up() -> None:
    """Make the loopback of a new network namespace work."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", b"lo", _IFF_UP_RUNNING)
        fcntl.ioctl(control, _SIOCSIFFLAGS, request)


def with_proxy(env: Mapping[str, str], port: int) -> dict[str, str]:
    """The environment with the gate in it; what the caller has set himself stays.

    No ALL_PROXY: it would lead ssh, ftp and the like into a gate that speaks only HTTP.
    """
    gate = f"http://127.0.0.1:{port}"
    own = {"http_proxy": gate, "https_proxy": gate, "no_proxy": _DIRECT}
    added = {"NODE_USE_ENV_PROXY": "1"}
    given = {name.lower() for name in env}
    for name, value in own.items():
        if name not in given:
            added |= {name: value, name.upper(): value}
    return added | dict(env)
