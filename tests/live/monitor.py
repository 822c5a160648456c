"""Everything that goes into Valkey, and what it holds."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import redis


class Monitor:
    """Keeps every command that anybody sends while it listens."""

    def __init__(self, url: str) -> None:
        client = redis.Redis.from_url(url)
        self._client = client
        options = client.get_connection_kwargs()
        self._socket = socket.create_connection((options["host"], options["port"]))
        self._socket.sendall(f"AUTH {options['password']}\r\nMONITOR\r\n".encode())
        self._pieces: list[bytes] = []
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()
        self._client.close()

    @property
    def commands(self) -> bytes:
        """What was sent so far."""
        return b"".join(self._pieces)

    def kept(self) -> Iterator[tuple[str, bytes]]:
        """Every key with its whole value, in the server's own form."""
        for key in self._client.scan_iter():
            yield f"Valkey's {key!r}", key + b"\0" + (self._client.dump(key) or b"")

    def _listen(self) -> None:
        while piece := self._socket.recv(1 << 16):
            self._pieces.append(piece)


@contextmanager
def monitored(url: str) -> Iterator[Monitor]:
    """Listen for the time of a block."""
    monitor = Monitor(url)
    try:
        yield monitor
    finally:
        monitor.close()
