"""A real Redis and a real PostgreSQL, as commands of a company, and whether they answer."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg
import pytest
import redis

from soulcaster.launch.processes import Command
from tests.services import free_port

_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
_USER = "postgres"  # whom PostgreSQL runs as when we are root, which it refuses to be


class Redis:
    """A Redis that keeps its data over a restart."""

    name = "redis"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> Command:
        """How it is started."""
        program = shutil.which("redis-server", path=_PATH)
        if program is None:
            pytest.skip("redis-server is not installed: `apt-get install redis-server` gets it.")
        options = f"--port {self.port} --bind 127.0.0.1 --appendonly yes --dir {self.folder}"
        argv = [program, *options.split(), "--save", ""]
        log = self.folder / "redis.log"
        return Command(self.name, argv, {"PATH": _PATH}, log, carries_others=True)

    def answers(self) -> bool:
        """Is it up, with its data read?"""
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def flush(self) -> None:
        """Forget everything."""
        with self.client() as client:
            client.flushall()

    def client(self) -> redis.Redis:
        """A client; the caller closes it."""
        return redis.Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2)


class Postgres:
    """A PostgreSQL cluster of its own in a folder that others may enter."""

    name = "postgres"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"postgres://soulcaster@127.0.0.1:{self.port}/postgres"

    def command(self) -> Command:
        """How it is started; makes the cluster first."""
        self._make()
        # What was committed stays, whoever kills it: only a power failure is not survived.
        options = ["fsync=off", "full_page_writes=off", "max_connections=100"]
        options += [f"port={self.port}", "listen_addresses=127.0.0.1"]
        options += [f"unix_socket_directories={self.folder}"]
        settings = [word for option in options for word in ("-c", option)]
        data = str(self.folder / "data")
        argv = [*_as_user("KILL"), _program("postgres"), "-D", data, *settings]
        log = self.folder / "server.log"
        return Command(self.name, argv, {"PATH": _PATH}, log, carries_others=True)

    # A restart that waits for nobody, as an operator's; SIGTERM would wait for every client.
    ends_by = signal.SIGINT

    def answers(self) -> bool:
        """Does it take connections?"""
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _make(self) -> None:
        if (self.folder / "data").exists():
            return
        if os.geteuid() == 0:
            shutil.chown(self.folder, _USER)
        options = "--username soulcaster --auth trust --encoding UTF8 --locale C.UTF-8 --no-sync"
        command = [_program("initdb"), "--pgdata", str(self.folder / "data"), *options.split()]
        subprocess.run(
            [*_as_user(""), *command], check=True, capture_output=True, env={"PATH": _PATH}, cwd="/"
        )


def _program(name: str) -> str:
    """Of the newest packaged server, else one on the usual paths."""
    packaged = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = str(packaged[-1]) if packaged else shutil.which(name, path=_PATH)
    if not found:
        pytest.skip("PostgreSQL is not installed: `apt-get install postgresql` gets it.")
    return found


def _as_user(dies_with: str) -> list[str]:
    """The words before a command that make it the user's, and end it when we end."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam(_USER)
    who = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups"]
    return ["setpriv", *who, *([f"--pdeathsig={dies_with}"] if dies_with else []), "--"]
