"""A database, a Valkey and a real Daphne of their own, and a running job whose log is looked at."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test.utils import override_settings

from agents.models import Execution, Job
from clusters.models import Project
from credentials.models import Membership, Role, Team, User
from soulcaster.bench import databases
from soulcaster.bench.installation import KEPT
from soulcaster.launch import ports, valkey
from soulcaster.launch.home import Home
from soulcaster.launch.processes import Command, Supervisor
from soulcaster.launch.stack import readiness

READY_SECONDS = 60.0
APPLICATION = "soulcaster.asgi:application"
PUBSUB = "channels_redis.pubsub.RedisPubSubChannelLayer"


@dataclass(frozen=True, slots=True)
class Stage:
    """Where everything is. This process works with the same database and the same Valkey."""

    folder: Path
    port: int  # of web
    web: int  # the process
    redis_url: str


@contextmanager
def stage(say: Callable[[str], None]) -> Iterator[Stage]:
    """Everything is started, and ended and removed afterwards."""
    with TemporaryDirectory(prefix="soulcaster-bench-") as name, _supervisor(say) as supervisor:
        folder = Path(name)
        home = Home(folder / "home")
        home.prepare()
        with databases.made(folder) as database:
            redis_url = valkey.start(home, supervisor).url
            urls = {
                "DATABASE_URL": database.url(os.environ.get("DATABASE_URL", "")),
                "REDIS_URL": redis_url,
            }
            port = _start_web(home, supervisor, urls)
            layers = {"default": {"BACKEND": PUBSUB, "CONFIG": {"hosts": [redis_url]}}}
            sandboxes = folder / "sandboxes"
            with (
                database.used(),
                # In debug mode Django would keep every query.
                override_settings(
                    DEBUG=False,
                    REDIS_URL=redis_url,
                    CHANNEL_LAYERS=layers,
                    SANDBOX_HOME=sandboxes,
                ),
            ):
                yield Stage(folder, port, supervisor.pids()["web"], redis_url)


@contextmanager
def plain_web(say: Callable[[str], None]) -> Iterator[Stage]:
    """The same server with an application that accepts websockets and does nothing else."""
    with TemporaryDirectory(prefix="soulcaster-bench-") as name, _supervisor(say) as supervisor:
        home = Home(Path(name))
        home.prepare()
        port = _start_web(home, supervisor, {}, "soulcaster.bench.accepting:application")
        yield Stage(home.path, port, supervisor.pids()["web"], "")


@contextmanager
def _supervisor(say: Callable[[str], None]) -> Iterator[Supervisor]:
    supervisor = Supervisor(say)
    try:
        yield supervisor
    finally:
        supervisor.stop()


def _start_web(
    home: Home, supervisor: Supervisor, extra: Mapping[str, str], application: str = APPLICATION
) -> int:
    server = ports.listen("127.0.0.1", 0)
    address = ports.address_of(server)
    environment = {
        **{name: os.environ[name] for name in KEPT if name in os.environ},
        "SECRET_KEY": settings.SECRET_KEY,
        "SOULCASTER_HOME": str(home.path),
        "SOULCASTER_URL": address,
        "DEBUG": "false",
        "LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "soulcaster.settings",
        **extra,
    }
    with server:
        supervisor.start(
            Command(
                name="web",
                argv=[
                    *(sys.executable, "-m", "daphne", "--fd", str(server.fileno()), "-v", "0"),
                    application,
                ],
                environment=environment,
                log=home.logs / "web.log",
                descriptors=(server.fileno(),),
            )
        )
        deadline = time.monotonic() + READY_SECONDS
        while answer := readiness(server, address):
            supervisor.check()
            if time.monotonic() > deadline:
                raise TimeoutError(f"Web is not ready: {answer}")
            time.sleep(0.05)
        return ports.port_of(server)


def running_job(name: str = "bench") -> Execution:
    """An attempt at a job of a team of this name of its own, under fence 1."""
    team = Team.objects.create(name=name, slug=name)
    project = Project.objects.create(team=team, name="Bench", repository="/srv/none", forge="local")
    job = Job.objects.create(
        project=project, title="A log", runner="local_scripted", status=Job.Status.RUNNING, fence=1
    )
    return Execution.objects.create(job=job, fence=1)


def sign_in(team: Team, number: int) -> str:
    """Another member of the team, signed in: the cookie."""
    user = User.objects.create_user(f"{team.slug}-viewer-{number}")
    Membership.objects.create(team=team, user=user, role=Role.VIEWER)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
