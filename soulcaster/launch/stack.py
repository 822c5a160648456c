"""The product's processes together: Valkey, web, two workers, beat."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from types import FrameType
from urllib.parse import urlsplit

from soulcaster.launch import database, ports, valkey
from soulcaster.launch.environment import environment
from soulcaster.launch.home import Home
from soulcaster.launch.processes import Command, Hopeless, Supervisor, run, tail

READY_SECONDS = 60.0
WORKER_THREADS = 8
# A worker that is asked to end gives back what it works on, or ends itself before that.
WORKER_STOP_SECONDS = 30.0
# What a command beside the running product needs in order to mean the same product.
SHARED = frozenset({"DATABASE_URL", "REDIS_URL", "SECRET_KEY_FILE", "SOULCASTER_URL"})
MIGRATE = ("manage.py", "migrate", "--no-input", "--verbosity", "0")


class Stopped(Exception):
    """SIGINT or SIGTERM: the user wants everything to end."""


class Stack:
    """Starts everything for one home and keeps it running; `stop` ends it."""

    def __init__(
        self,
        home: Home,
        *,
        host: str = "127.0.0.1",
        port: int = ports.PREFERRED,
        extra: Mapping[str, str] | None = None,
        say: Callable[[str], None],
    ) -> None:
        self.home = home
        self._extra = dict(extra or {})
        self._say = say
        self._supervisor = Supervisor(say)
        self._server = ports.listen(host, port)
        if port and ports.port_of(self._server) != port:
            say(f"Port {port} is taken: using {ports.port_of(self._server)} instead.")
        self.address = os.environ.get("SOULCASTER_URL") or ports.address_of(self._server)
        self.environment: dict[str, str] = {}

    def start(self, prepare: Sequence[str] = MIGRATE) -> str:
        """Start all and return when web is ready.

        `prepare` is Python's command line that migrates (and may do more); its output is returned.
        """
        redis_url = os.environ.get("REDIS_URL") or valkey.start(self.home, self._supervisor).url
        self.environment = environment(
            self.home, address=self.address, redis_url=redis_url, extra=self._extra
        )
        known = database.state(self.home)
        # Two cores: let web and worker import while the database is made, when that is safe.
        first = known is database.State.UNKNOWN
        output = self._prepare(prepare) if first else ""
        self._start_web()
        self._start_worker()
        if not first and (known is database.State.FRESH or prepare != MIGRATE):
            output = self._prepare(prepare)
        self._await_web()
        self._start_cpu_worker()  # the first reports wait for it, nobody else does
        self._start_beat()
        return output

    def check(self) -> None:
        """Look after the processes once; raises Hopeless."""
        self._supervisor.check()

    def wait(self, seconds: float) -> None:
        """Look after the processes for a while."""
        self.check()
        time.sleep(seconds)

    def watch(self) -> None:
        """Look after the processes until a signal or a hopeless crash."""
        while True:
            self.wait(0.25)

    def stop(self) -> None:
        """Stop everything, in order."""
        self._supervisor.stop()
        self._server.close()

    def facts(self) -> dict[str, object]:
        """What others on this machine may want to know of the running product."""
        return {
            "address": self.address,
            "local": ports.address_of(self._server),
            "pid": os.getpid(),
            "processes": self._supervisor.pids(),
            "environment": {name: self.environment[name] for name in SHARED & {*self.environment}},
        }

    def _prepare(self, prepare: Sequence[str]) -> str:
        output = run(
            Command(
                name="migrate",
                argv=[sys.executable, *prepare],
                environment=self.environment,
                log=self.home.logs / "migrate.log",
            )
        )
        database.remember_migrated(self.home)
        return output

    def _start_web(self) -> None:
        descriptor = self._server.fileno()
        arguments = ("daphne", "--fd", str(descriptor), "-v", "0", "soulcaster.asgi:application")
        self._python("web", arguments, descriptors=(descriptor,))

    def _start_worker(self) -> None:
        """It waits for sandboxes, forges and models."""
        self._worker("worker", "threads", WORKER_THREADS, "jobs,default", WORKER_STOP_SECONDS)

    def _start_cpu_worker(self) -> None:
        """It computes, which would hold the other one's threads up."""
        self._worker("cpu", "prefork", 1, "cpu")

    def _worker(
        self, name: str, pool: str, concurrency: int, queues: str, stop_seconds: float = 5.0
    ) -> None:
        arguments = (
            *("celery", "-A", "soulcaster.celery:app", "worker", f"--hostname={name}@%h"),
            *(f"--pool={pool}", f"--concurrency={concurrency}", f"--queues={queues}"),
            *("--without-gossip", "--without-mingle", "--loglevel=INFO"),
        )
        self._python(name, arguments, stop_seconds=stop_seconds)

    def _start_beat(self) -> None:
        arguments = (
            *("celery", "-A", "soulcaster.celery:app", "beat", "--pidfile="),
            *(f"--schedule={self.home.beat / 'schedule'}", "--loglevel=WARNING"),
        )
        self._python("beat", arguments)

    def _python(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        descriptors: Sequence[int] = (),
        stop_seconds: float = 5.0,
    ) -> None:
        self._supervisor.start(
            Command(
                name=name,
                argv=[sys.executable, "-m", *arguments],
                environment=self.environment,
                log=self.home.logs / f"{name}.log",
                descriptors=descriptors,
                stop_seconds=stop_seconds,
            )
        )

    def _await_web(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while (answer := readiness(self._server, self.address)) != "":
            if time.monotonic() > deadline:
                log = self.home.logs / "web.log"
                raise Hopeless(f"Web is not ready: {answer}. The end of {log}:\n{tail(log)}")
            self.wait(0.05)


def readiness(server: socket.socket, address: str) -> str:
    """'' when the web process of this socket says that it is ready, else what it says."""
    public = urlsplit(address)
    headers = {"Host": public.netloc, "X-Forwarded-Proto": public.scheme}
    local = urlsplit(ports.address_of(server))
    connection = HTTPConnection(local.hostname or "", local.port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers=headers)
        answer = connection.getresponse()
        text = answer.read(500).decode("utf-8", "replace")
    except (OSError, HTTPException) as error:
        return f"it does not answer ({error})"
    finally:
        connection.close()
    return "" if answer.status == 200 else f"/readyz says {answer.status} {text}"


@contextmanager
def signals_stop() -> Iterator[None]:
    """SIGINT and SIGTERM raise Stopped once; a further one, while stopping, ends at once."""

    def stop(number: int, frame: FrameType | None) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda *_: os._exit(130))  # the kernel ends the children
        raise Stopped

    before = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def running(stack: Stack) -> Iterator[Stack]:
    """Stop the stack whatever happens."""
    try:
        yield stack
    finally:
        stack.stop()
