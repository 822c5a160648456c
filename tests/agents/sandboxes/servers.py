"""Small servers that stand for the internet, and a gate that runs in the test's own process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from agents.sandboxes.supervisor.blocked import BlockedPlaces, open_record, read_blocked
from agents.sandboxes.supervisor.dialing import Resolve
from agents.sandboxes.supervisor.gate import Gate
from agents.sandboxes.supervisor.spec import RunDestination, RunGate
from agents.sandboxes.supervisor.streams import Patience

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
PATIENCE = Patience(head=5.0, server=5.0, silence=5.0)

Answer = Callable[[socket.socket, bytes], None]


class Server:
    """Keeps what each connection has sent; `answer` is called when the head has come."""

    def __init__(self, answer: Answer) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._answer = answer
        self._ended = threading.Condition()
        self.port = int(self._socket.getsockname()[1])
        self.address = f"127.0.0.1:{self.port}"
        self.requests: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def received(self, count: int = 1) -> list[bytes]:
        """What so many connections have sent, when they have ended."""
        with self._ended:
            assert self._ended.wait_for(lambda: len(self.requests) >= count, timeout=10)
            return list(self.requests)

    def close(self) -> None:
        """Accept nobody any more."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        seen = bytearray()
        with client:
            client.settimeout(20)
            try:
                while b"\r\n\r\n" not in seen and (data := client.recv(1 << 16)):
                    seen += data
                if seen:
                    self._answer(client, bytes(seen))
                while data := client.recv(1 << 16):
                    seen += data
            except OSError:
                pass  # the other side may be as rude as it likes
        with self._ended:
            self.requests.append(bytes(seen))
            self._ended.notify_all()


def say(answer: bytes, *, keep: bool = False) -> Answer:
    """Always this answer; `keep` leaves the connection open whatever was asked for."""

    def send(client: socket.socket, _: bytes) -> None:
        client.sendall(answer)
        if not keep:
            client.shutdown(socket.SHUT_WR)

    return send


@contextmanager
def server(answer: Answer | None = None) -> Iterator[Server]:
    """A server of the test's own loopback."""
    made = Server(answer or say(ANSWER))
    try:
        yield made
    finally:
        made.close()


class GateInProcess:
    """A gate without a sandbox: whoever connects to `port` is the command."""

    def __init__(self, gate: Gate, record: Path) -> None:
        self._gate = gate
        self._record = record
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = int(self._socket.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def blocked(self) -> list[tuple[str, int]]:
        """The record as the worker reads it."""
        return read_blocked(self._record)

    def connect(self) -> socket.socket:
        """A command's connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def ask(self, *pieces: bytes) -> bytes:
        """Everything that comes back for these bytes."""
        with self.connect() as client:
            for piece in pieces:
                client.sendall(piece)
            return everything(client)

    def close(self) -> None:
        """Serve nobody any more."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            self._gate.take(client)


@contextmanager
def gate(
    folder: Path,
    *listed: RunDestination,
    addresses: Sequence[str] = ("127.0.0.1",),
    resolver: Resolve | None = None,
    upstream: str = "",
    patience: Patience = PATIENCE,
) -> Iterator[GateInProcess]:
    """A gate for this list; every name has the same addresses."""
    record = folder / "blocked"
    made = Gate(
        RunGate(list(listed), 0, [], upstream),
        BlockedPlaces(open_record(str(record))),
        resolver=resolver or (lambda host, port: addresses),
        patience=patience,
    )
    running = GateInProcess(made, record)
    try:
        yield running
    finally:
        running.close()


def everything(client: socket.socket) -> bytes:
    """All bytes up to the end of the connection."""
    seen = bytearray()
    try:
        while data := client.recv(1 << 16):
            seen += data
    except ConnectionResetError:
        return bytes(seen)
    return bytes(seen)


def trusted(host: str, port: int | None) -> RunDestination:
    """A place that the operator has named."""
    return RunDestination(host, port, True)


def listed(host: str, port: int | None = None) -> RunDestination:
    """A place that a project has named."""
    return RunDestination(host, port, False)


def connect(host: str, port: int) -> bytes:
    """The request for a tunnel."""
    return f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()


def status(answer: bytes) -> int:
    """The number in an answer's first line."""
    return int(answer.split(b" ", 2)[1])
