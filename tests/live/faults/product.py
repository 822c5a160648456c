"""A product of its own: every process of it real, and in the hands of a test."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import requests

from agents.sandboxes.local import LocalProvider
from soulcaster.demo.product import Facts, HttpProduct
from soulcaster.launch.home import CHECKOUT, Home
from soulcaster.launch.stack import Stack
from tests.agents.sandboxes.helpers import reachable_folder
from tests.live.faults import outside, steady, till, turns
from tests.live.faults.company import Company
from tests.live.faults.database import Rows
from tests.live.faults.leftovers import processes
from tests.live.faults.moments import FOLDER
from tests.live.faults.servers import Postgres, Redis
from tests.live.faults.waiting import until
from tests.live.person import Person

UP_SECONDS = 120.0
DOWN_SECONDS = 20.0
KINDS = ("postgres", "sqlite")
# Nothing here is about the limits of people who ask for very much.
_ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "tests.live.faults.settings",
    "SOULCASTER_LEASE_SECONDS": "5",
    "SOULCASTER_RECONCILE_SECONDS": "3600",
    "SOULCASTER_PROJECT_JOBS_PER_HOUR": "10000",
    "SOULCASTER_API_RATE": "100000/min",
    "SOULCASTER_ATTEMPT_PAUSE": "1",
    "OLLAMA_BASE_URL": "http://127.0.0.1:1",  # every agent of a program has a model; nobody calls it
    "GITHUB_CLIENT_ID": "an-app",
    "GITHUB_CLIENT_SECRET": steady.SECRET,
}


@dataclass(frozen=True, slots=True)
class Project:
    """A project with one report, which is in a cluster."""

    id: int
    cluster: int
    runner: str


class _Launched(Stack):
    """The launcher's own commands, given to a company."""

    def __init__(self, home: Home, extra: Mapping[str, str], company: Company) -> None:
        super().__init__(home, port=0, extra=extra, say=print)
        self._supervisor = company


class Product:
    """`kind` is one of `KINDS`; `lines` and `pause` are how much and how fast the agent prints."""

    def __init__(
        self,
        folder: Path,
        kind: str,
        *,
        lines: int = 300,
        pause: float = 0.015,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.kind = kind
        self.lines = lines
        self.home = Home(folder / "home")
        self.moments = folder / "moments"
        self.company = Company(print)
        self.redis = Redis(_made(folder / "redis"))
        self.postgres = Postgres(_made(folder / "postgres")) if kind == "postgres" else None
        self.servers: list[Redis | Postgres] = [self.redis]
        self.servers += [self.postgres] if self.postgres else []
        self.rows = Rows(self.postgres.url if self.postgres else self.home.database)
        self._folder = folder
        self._projects = 0
        python_path = [str(outside.install(folder / "site")), str(CHECKOUT)]
        self._clean = {"PATH": os.environ["PATH"], "HOME": str(folder), "REDIS_URL": self.redis.url}
        self._extra = {
            **_ENVIRONMENT,
            **(environment or {}),
            **({"DATABASE_URL": self.postgres.url} if self.postgres else {}),
            "PYTHONPATH": os.pathsep.join(python_path),
            "SOULCASTER_LOCAL_REPOSITORIES": str(folder),
            "SOULCASTER_TRANSCRIPT": str(turns.write(folder / "transcript.json")),
            FOLDER: str(_made(self.moments)),
            steady.LINES: str(lines),
            steady.PAUSE: str(pause),
        }

    def start(self) -> None:
        """Start everything; returns when it can be used."""
        self.home.prepare()
        for server in self.servers:
            self.company.start(server.command())
            until(server.answers, UP_SECONDS, server.name)
        with patch.dict(os.environ, self._clean, clear=True), contextlib.chdir(CHECKOUT):
            self.stack = _Launched(self.home, self._extra, self.company)
            self.stack.start()
        self._repository = till.make(self._folder / "repository")
        wish = {"name": "First", "repository": str(self._repository), "settings": {}}
        access = self._run("soulcaster.demo.access", json.dumps(wish))
        self._token = access["token"]
        self._person = Person(self.address)
        self._person.post(access["sign_in"])

    def stop(self) -> None:
        """End everything and what is in sandboxes."""
        self.company.stop()
        provider = LocalProvider(self.home.path / "sandboxes")
        for sandbox in provider.list():
            provider.connect(sandbox).close()

    def revive(self) -> None:
        """Start again what does not run, as the launcher does."""
        with contextlib.chdir(CHECKOUT):
            self.company.revive_all()

    def recover(self) -> None:
        """The same; returns when it can be used."""
        self.revive()
        for server in self.servers:
            until(server.answers, UP_SECONDS, server.name)
        until(self.is_ready, UP_SECONDS, "the product is ready")

    @property
    def workers(self) -> list[str]:
        """The names of the worker processes."""
        return self.company.named("worker")

    @property
    def address(self) -> str:
        """Where the pages are."""
        return self.stack.address

    @property
    def cookie(self) -> str:
        """Of the person who is signed in."""
        return self._person.cookie

    @property
    def api(self) -> HttpProduct:
        """The REST API with the person's token."""
        return HttpProduct(self.address, self.address, self._token)

    def call(self, method: str, path: str, **content: object) -> requests.Response:
        """An answer of the REST API, whatever it is."""
        headers = {"Authorization": f"Bearer {self._token}"}
        address = self.address + path
        with requests.Session() as session:
            session.trust_env = False
            return session.request(
                method, address, json=content or None, headers=headers, timeout=60
            )

    def visit(self, path: str) -> int:
        """The status with which a page or the API answers the person, who follows no link."""
        headers = {"Cookie": self.cookie}
        if path.startswith("/api/"):
            headers = {"Authorization": f"Bearer {self._token}"}
        with requests.Session() as session:
            session.trust_env = False
            address = self.address + path
            answer = session.get(address, headers=headers, timeout=60, allow_redirects=False)
            return answer.status_code

    def is_ready(self) -> bool:
        """Does the web process answer, and what it leans on?"""
        try:
            return self.call("GET", "/readyz").status_code == 200
        except requests.RequestException:
            return False

    def new_project(self, runner: str = "held_steady", **settings: object) -> Project:
        """A project of its own, with a report that is in a cluster with an approved plan."""
        self._projects += 1
        answer = self.call(
            "POST",
            "/api/projects",
            name=f"Till {self._projects}",
            repository=str(self._repository),
            **{"runner": runner, "setup_network": "none", **settings},
        )
        assert answer.status_code == 201, answer.text
        project = int(answer.json()["id"])
        self.api.add_report(project, till.TITLE, till.REPORT)
        until(lambda: self.api.clusters(project), 60, "the report is in a cluster")
        cluster = int(self.api.clusters(project)[0]["id"])
        plan = self.api.make_plan(cluster)
        self.api.approve_plan(cluster, plan["version"])
        return Project(project, cluster, runner)

    def start_fix(self, project: Project) -> int:
        """Start the fix of the project's cluster; the job's id."""
        wish = {"model": steady.MODEL} if project.runner.endswith("_steady") else {}
        answer = self.call("POST", f"/api/clusters/{project.cluster}/start_fix", **wish)
        assert answer.status_code == 202, answer.text
        return int(answer.json()["job"]["id"])

    def log(self, job: int) -> list[Facts]:
        """A job's log as the API tells it, from the first chunk to the last."""
        chunks: list[Facts] = []
        while True:
            after = chunks[-1]["seq"] if chunks else 0
            page = self.call("GET", f"/api/jobs/{job}/logs?after={after}").json()["chunks"]
            if not page:
                return chunks
            chunks += page

    def forge(self, job: int) -> Path:
        """Where the local forge keeps the repository of a job's project."""
        project = self.rows.one("SELECT project_id FROM agents_job WHERE id = ?", job)[0]
        return self.home.forge / str(project)

    def _run(self, *arguments: str) -> Facts:
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=CHECKOUT,
            env=self.stack.environment,
            capture_output=True,
            text=True,
            timeout=UP_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        facts: Facts = json.loads(done.stdout)
        return facts


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def running(kind: str, **options: object) -> Iterator[Product]:
    """A product of this kind for the time of a block; `options` are those of `Product`.

    Afterwards no process of it is left.
    """
    with reachable_folder() as folder:
        product = Product(folder, kind, **options)  # type: ignore[arg-type]
        try:
            product.start()
            yield product
        finally:
            product.stop()
        until(lambda: not processes(str(folder)), DOWN_SECONDS, f"nobody is left of {folder}")
