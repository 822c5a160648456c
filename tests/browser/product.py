"""The real product for browsers: web, worker, beat and Valkey as `bin/up` starts them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soulcaster.demo import inputs
from soulcaster.demo.flow import ENDED
from soulcaster.demo.product import Facts, HttpProduct
from soulcaster.launch.home import CHECKOUT, Home

MEMBER = "demo"  # the user whom `soulcaster.demo.access` makes
# The recorded agent needs no key; what runs unisolated, if need be, is our own repository.
SETTINGS = {"runner": "local_scripted", "allow_unisolated": True}
PYTHON = (sys.executable, "-m")


@dataclass(frozen=True, slots=True)
class Project:
    """A project whose reports are grouped.

    `cluster` and `title` are those of what most people report; `upload` is one of its imports.
    """

    id: int
    name: str
    cluster: int
    title: str
    upload: int


class Product:
    """The running product, and what an operator or a script does with it."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        """`environment`: what the operator has set."""
        self.home = Home(folder / "home")
        self._clean = {"PATH": os.defpath, "HOME": str(folder), **(environment or {})}
        self._log = folder / "up.log"
        self._projects = 0
        self._token = ""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*PYTHON, "soulcaster.launch", "up", "--home", str(self.home.path), "--port", "0"],
                cwd=CHECKOUT,
                env=self._clean,
                stdout=log,
                stderr=log,
            )

    def await_ready(self) -> None:
        """Wait until every page can be asked for."""
        until(lambda: bool(self.facts()) or self._process.poll() is not None, 60)
        assert self.facts(), self._log.read_text()

    def stop(self) -> None:
        """End it as Ctrl-C does; the kernel ends what is left of it."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(30)
        finally:
            self._process.kill()

    def facts(self) -> dict[str, Any]:
        """What the launcher wrote down: the address, process ids; {} before it is ready."""
        return self.home.facts()

    @property
    def address(self) -> str:
        """Where the pages are."""
        return str(self.facts()["address"])

    @property
    def token(self) -> str:
        """The newest project's API token."""
        return self._token

    @property
    def api(self) -> HttpProduct:
        """The REST API with the newest project's token."""
        facts = self.facts()
        return HttpProduct(facts["local"], facts["address"], self._token)

    def sign_in_link(self, username: str, *options: str) -> str:
        """A link that signs this person in once; the account is made at first need."""
        environment = self._clean | {"SOULCASTER_HOME": str(self.home.path)}
        command = ("soulcaster.launch", "manage", "sign_in_link", username, *options)
        return self._run(*command, env=environment)

    def new_project(self) -> Project:
        """The demo's repository and reports once more, all of them grouped."""
        self._projects += 1
        name = f"Till {self._projects}"
        sample = inputs.sample(self.home.path / "demo", SETTINGS)
        wish = {"name": name, "repository": str(sample.repository), "settings": SETTINGS}
        access = json.loads(self._run("soulcaster.demo.access", json.dumps(wish), env=self._own()))
        self._token = access["token"]
        project = int(access["project"])
        results = [
            self.api.import_file(project, each.name, each.data, each.kind)
            for each in sample.uploads
        ]
        count = sum(result["created"] for result in results)
        until(lambda: self._grouped(project) == count, 60)
        first = self.api.clusters(project)[0]
        return Project(project, name, first["id"], first["title"], results[0]["id"])

    def start_fix(self, cluster: int) -> int:
        """Plan, approve and start the fix as a script does; the job's id."""
        plan = self.api.make_plan(cluster)
        self.api.approve_plan(cluster, plan["version"])
        return int(self.api.start_fix(cluster)["id"])

    def await_end(self, job: int) -> Facts:
        """The job's facts once it has ended."""
        until(lambda: self.api.job(job)["status"] in ENDED, 100)
        return self.api.job(job)

    def log_chunks(self, job: int) -> list[Facts]:
        """A job's whole log as `GET /api/jobs/{id}/logs` tells it."""
        chunks: list[Facts] = []
        while page := self.get(f"/api/jobs/{job}/logs?after={last_seq(chunks)}")["chunks"]:
            chunks += page
        return chunks

    def beside(self, module: str, *arguments: str) -> str:
        """Run a module of the tests as one of the product's own processes; what it prints."""
        return self._run(module, *arguments, env=self._own())

    def connect_source(self, project: int, kind: str, name: str, **config: Any) -> Facts:
        """A source of a project, with the address and the secret that are told once."""
        wish = {"kind": kind, "name": name, "config": config}
        return self.get(f"/api/projects/{project}/sources", json.dumps(wish).encode())

    def get(self, path: str, content: bytes | None = None) -> Facts:
        """An answer of the REST API; with JSON as `content`, to a POST."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, content, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            facts: Facts = json.load(answer)
        return facts

    def _grouped(self, project: int) -> int:
        """Reports in clusters that are described and ranked: that comes last."""
        clusters = self.api.clusters(project)
        return sum(each["item_count"] for each in clusters if each["actionability"])

    def _own(self) -> dict[str, str]:
        """The environment of the product's own processes."""
        return {
            **self._clean,
            **self.facts()["environment"],
            "DJANGO_SETTINGS_MODULE": "soulcaster.settings",
            "SOULCASTER_HOME": str(self.home.path),
            # As the launcher has it, for projects that run wherever these tests do.
            "SOULCASTER_UNISOLATED_RUNS": "1",
        }

    def _run(self, *arguments: str, env: dict[str, str]) -> str:
        command = [*PYTHON, *arguments]
        done = subprocess.run(
            command, cwd=CHECKOUT, env=env, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def until(condition: Callable[[], bool], seconds: float) -> None:
    """Return once the condition holds; fail after `seconds`. Asks calmly: the API counts."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)  # between two looks


def last_seq(chunks: list[Facts]) -> int:
    """The number of the last chunk, 0 before the first one."""
    return int(chunks[-1]["seq"]) if chunks else 0


@contextmanager
def running(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Product]:
    """The product with a home below `folder`, as an operator has set it up."""
    product = Product(folder, environment)
    try:
        product.await_ready()
        yield product
    finally:
        product.stop()
