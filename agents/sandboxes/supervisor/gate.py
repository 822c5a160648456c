"""The gate: the one process through which a command with a list of places reaches them.

It lives outside of the sandbox, holds no secrets but what the machine's own proxy asks for, and
ends with the supervisor. Connections are few and long (a model's stream, a download), so each has
threads of its own.
"""

from __future__ import annotations

import resource
import select
import socket
import threading

from .blocked import BlockedPlaces
from .destinations import Destinations
from .dialing import Dialer, Resolve, resolve
from .doors import GATE, LISTENER, receive
from .exchange import Exchange
from .spec import RunGate
from .streams import Patience

MOST_CONNECTIONS = 256
_STACK_BYTES = 1 << 19
_MOST_FILES = 4096


class Gate:
    """Serves the connections of one run."""

    def __init__(
        self,
        spec: RunGate,
        blocked: BlockedPlaces,
        *,
        resolver: Resolve = resolve,
        patience: Patience = Patience(),  # noqa: B008  it cannot be changed
    ) -> None:
        self._doors = {f"{address} {port}": (address, port) for address, port in spec.doors}
        self._dialer = Dialer(Destinations(spec.destinations), spec.upstream, resolver, patience)
        self._blocked = blocked
        self._patience = patience
        self._room = threading.BoundedSemaphore(MOST_CONNECTIONS)

    def serve(self, door: socket.socket) -> None:
        """Serve what comes in by the door and by the listeners that come in by it; no end."""
        _prepare()
        listeners: dict[int, tuple[socket.socket, str]] = {}
        poll = select.poll()
        poll.register(door, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor in listeners:
                    self._accept(*listeners[descriptor])
                    continue
                delivery = receive(door)
                if delivery is None:
                    poll.unregister(door)
                elif delivery.kind == LISTENER:
                    listeners[delivery.socket.fileno()] = (delivery.socket, delivery.place)
                    poll.register(delivery.socket, select.POLLIN)
                else:
                    self.take(delivery.socket, delivery.place)

    def take(self, client: socket.socket, place: str = GATE) -> None:
        """Serve this connection in a thread; waits as long as there are too many."""
        self._room.acquire()
        try:
            threading.Thread(target=self._handle, args=(client, place), daemon=True).start()
        except RuntimeError:  # the machine has no room for another thread
            client.close()
            self._room.release()

    def _accept(self, listener: socket.socket, place: str) -> None:
        try:
            client, _ = listener.accept()
        except OSError:
            return  # it went away while it waited
        self.take(client, place)

    def _handle(self, client: socket.socket, place: str) -> None:
        try:
            with client:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                exchange = Exchange(client, self._dialer, self._blocked, self._patience)
                if place in self._doors:
                    exchange.forward(*self._doors[place])
                elif place == GATE:
                    exchange.run()
        finally:
            self._room.release()


def _prepare() -> None:
    threading.stack_size(_STACK_BYTES)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(_MOST_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
