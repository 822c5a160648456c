"""How much longer a job takes than a bare script that does the same work with the same program.

It measures and proves nothing, so it runs only by name:

    .venv/bin/python -m pytest tests/bench/job_overhead.py -s

Both clone, run the tests, let the real command line agent fix the defect with the scripted model,
run the tests again, run the new tests on the old code, and push a branch. The job does it by the
API, in a sandbox, with receipts, a live log and a database; the script with subprocesses alone.
They take turns. `BENCH_RUNNERS` names the agents, `BENCH_ROUNDS` how often, and `BENCH_STEPS` how
many answers of the model come before the fix, which makes the agent slower.
"""

from __future__ import annotations

import io
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from agents.execute.run import run
from agents.models import Job, PullRequest, Step
from agents.pipelines import toolbox
from agents.runners import registry
from agents.runners.base import CommandRunner, Task
from clusters.models import Cluster
from clusters.services import plans
from credentials.models import Team, User
from tests import factories
from tests.agents.pipelines import projects
from tests.agents.runners.real import find
from tests.stand_ins.directory_sandbox import DirectorySandbox
from tests.stand_ins.model_server import ModelServer, model_server
from tests.stand_ins.model_server import Step as Said

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(3600)]

RUNNERS = os.environ.get("BENCH_RUNNERS", "claude,codex,opencode,kilo").split(",")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
STEPS = int(os.environ.get("BENCH_STEPS", "2"))
KEY = "sk-bench-a-good-key"
NEW = "tests/test_cents.py"
NEW_TEST = (
    "from till.price import share\n\n\n"
    "def test_no_cent_is_lost():\n    assert sum(share(100, 3)) == 100\n"
)
# The same Python and the same pytest as in the sandbox, so that both load the same plugins.
PYTEST = [f"{sys.base_prefix}/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider"]


@dataclass(frozen=True)
class Program:
    """One agent, and how it reaches the scripted model."""

    name: str
    path: Path
    server: ModelServer

    @property
    def model(self) -> str:
        return "anthropic:mock-model" if self.name == "claude" else "openai:mock-model"

    @property
    def base_url(self) -> str:
        return self.server.url if self.name == "claude" else f"{self.server.url}/v1"

    def runner(self) -> CommandRunner:
        values = {"program": str(self.path), "key": KEY, "model": self.model}
        made = registry.agents()[self.name].create({**values, "base_url": self.base_url})
        return cast("CommandRunner", made)


def script() -> list[Said]:
    """The same for every agent: look around, write the test, correct, commit."""
    commit = "git add --all && git commit --quiet --message='Keep every cent'"
    looks = [Said("I look.", "bash", {"command": "ls"}) for _ in range(STEPS)]
    return [
        *looks,
        Said("A test.", "write", {"path": f"{{cwd}}/{NEW}", "content": NEW_TEST}),
        Said("I read.", "read", {"path": f"{{cwd}}/{projects.PRICE}"}),
        Said("The fix.", "write", {"path": f"{{cwd}}/{projects.PRICE}", "content": projects.RIGHT}),
        Said("I commit.", "bash", {"command": commit}),
        Said("Shares now keep every cent."),
    ]


@pytest.mark.parametrize("name", RUNNERS)
def test_overhead(
    name: str, tmp_path: Path, alice: User, team: Team, settings: Settings, client: Client
) -> None:
    install = registry.agents()[name].install
    assert install is not None
    with model_server(script()) as server:
        program = Program(name, find(install), server)
        source = projects.make_repository(tmp_path / "source", projects.TILL)
        _configure(settings, tmp_path, program)
        _unpack_pytest(tmp_path / "pytest")
        client.force_login(alice)
        script_times, job_times = [], []
        for number in range(ROUNDS + 1):
            folder = tmp_path / str(number)
            folder.mkdir()
            one = _script(program, source, folder)
            other = _job(client, alice, _approved(alice, team, source, name, number))
            if number:  # the first of each warms caches
                script_times.append(one)
                job_times.append(other)
    _tell(name, script_times, job_times)
    _tell_steps()


def _configure(settings: Settings, folder: Path, program: Program) -> None:
    provider, _, _ = program.model.partition(":")
    settings.LOCAL_REPOSITORIES = [folder]
    settings.SANDBOX_HOME, settings.HOME = folder / "sandboxes", folder / "home"
    settings.MEDIA_ROOT = folder / "media"
    settings.MODEL = program.model
    settings.MODEL_KEYS = {**settings.MODEL_KEYS, provider: KEY}
    settings.MODEL_BASE_URLS = {**settings.MODEL_BASE_URLS, provider: program.base_url}


def _approved(alice: User, team: Team, source: Path, name: str, number: int) -> Cluster:
    project = factories.make_project(
        team,
        name=f"till {number}",
        repository=str(source),
        runner=f"local_{name}",
    )
    cluster = factories.make_cluster(project)
    factories.make_item(factories.make_source(project), cluster=cluster)
    plan = plans.generate(alice, cluster)
    plans.approve(alice, cluster, version=plan.version)
    return cluster


def _job(client: Client, alice: User, cluster: Cluster) -> float:
    """From the request to the stored pull request, proven."""
    began = time.perf_counter()
    answer = client.post(f"/api/clusters/{cluster.pk}/start_fix", {}, "application/json")
    assert answer.status_code == 202, answer.content
    job = Job.objects.get(cluster=cluster)
    run(job.pk)
    seconds = time.perf_counter() - began
    job.refresh_from_db()
    assert job.outcome == "verified", job.outcome_detail
    assert PullRequest.objects.get(job=job).verified
    return seconds


def _unpack_pytest(folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(toolbox.build())) as archive:
        archive.extractall(folder)


def _script(program: Program, source: Path, folder: Path) -> float:
    """What somebody would write in an afternoon."""
    began = time.perf_counter()
    work, old = folder / "repo", folder / "old"
    _git(folder, "clone", "-q", "--depth", "1", f"file://{source}", str(work))
    _git(work, "checkout", "-q", "-b", f"fix-{folder.name}")
    _run([*PYTEST, projects.TEST], work)
    _agent(program, folder)
    _run([*PYTEST, NEW, projects.TEST], work, may_fail=False)
    _git(folder, "clone", "-q", "--depth", "1", f"file://{source}", str(old))
    shutil.copy(work / NEW, old / NEW)
    assert _run([*PYTEST, NEW], old) != 0
    _git(work, "push", "-q", "origin", f"HEAD:refs/heads/fix-{folder.name}")
    return time.perf_counter() - began


def _agent(program: Program, folder: Path) -> None:
    sandbox = DirectorySandbox(folder)
    launch = program.runner().command(Task("Shares of a bill lose cents. Fix it."), sandbox)
    assert launch.key is not None
    env = {**launch.env, launch.key.variable: launch.key.value}
    _run(launch.argv, folder / "repo", env=env, may_fail=False)


def _git(folder: Path, *arguments: str) -> None:
    _run(
        ["git", "-c", "user.name=B", "-c", "user.email=b@example.org", *arguments],
        folder,
        may_fail=False,
    )


def _run(
    argv: Sequence[str], cwd: Path, *, env: Mapping[str, str] | None = None, may_fail: bool = True
) -> int:
    names = {"GIT_AUTHOR_NAME": "B", "GIT_AUTHOR_EMAIL": "b@example.org"}
    names |= {"GIT_COMMITTER_NAME": "B", "GIT_COMMITTER_EMAIL": "b@example.org"}
    base = {
        "PATH": os.environ["PATH"],
        "HOME": str(cwd.parent),
        "PYTHONPATH": f"{cwd.parents[1]}/pytest:{cwd}",
        **names,
    }
    done = subprocess.run(
        list(argv), cwd=cwd, env={**base, **(env or {})}, capture_output=True, check=False
    )
    assert may_fail or done.returncode == 0, (argv, done.stdout[-2000:], done.stderr[-2000:])
    return done.returncode


def _tell(name: str, script_times: Sequence[float], job_times: Sequence[float]) -> None:
    one, other = statistics.median(script_times), statistics.median(job_times)
    print(  # noqa: T201
        f"\n{name}: script {one:.2f} s, job {other:.2f} s (medians of {len(job_times)}): "
        f"{other / one:.2f}x, {other - one:+.2f} s; load {os.getloadavg()[0]:.1f}"
    )


def _tell_steps() -> None:
    """Where the job's time went: the median of each step."""
    seconds: dict[str, list[float]] = {}
    for step in Step.objects.order_by("id"):
        assert step.finished_at is not None
        took = (step.finished_at - step.started_at).total_seconds()
        seconds.setdefault(step.name, []).append(took)
    told = ", ".join(f"{name} {statistics.median(each):.2f}" for name, each in seconds.items())
    print(f"  steps, in seconds: {told}")  # noqa: T201
