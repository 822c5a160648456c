"""The whole product, started as `bin/up` starts it, in a home and with a database of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.core.management.base import CommandError
from django.test.utils import override_settings
from django.utils import timezone

from agents.models import Job, Step
from clusters.models import Cluster, Plan, Project
from clusters.models.plans import digest
from credentials.models import Membership, Role, Scope, Team, User
from credentials.services import tokens
from soulcaster.bench import databases
from soulcaster.demo.product import HttpProduct
from soulcaster.launch.home import Home
from soulcaster.launch.stack import Stack, running

# Whatever else the operator's environment holds, keys and servers above all, stays out.
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
_NO_LIMIT = "1000000"
_PATIENCE = 1800.0  # seconds for all jobs together
_PLAN = {
    "summary": "Keep every cent when a bill is shared.",
    "steps": ["Share out what division leaves."],
    "criteria": [{"text": "Shares add up to the bill.", "evidence": []}],
}


@dataclass(frozen=True, slots=True)
class Installation:
    """The running product and who may ask it. This process works with the same database."""

    stack: Stack
    user: User

    def product(self) -> HttpProduct:
        """Its API."""
        facts = self.stack.facts()
        _, token = tokens.create(self.user, "bench", scope=Scope.WRITE, days=1)
        return HttpProduct(str(facts["local"]), str(facts["address"]), token)

    def make_project(self, name: str, repository: Path, test_command: str) -> Project:
        """A team with one project, which the recorded agent works for."""
        team = Team.objects.create(name=name, slug=name)
        Membership.objects.create(user=self.user, team=team, role=Role.OWNER)
        return Project.objects.create(
            team=team,
            name=name,
            repository=str(repository),
            runner="local_scripted",
            test_command=test_command,
            setup_network=Project.Network.NONE,
            allow_unisolated=True,
            created_by=self.user,
        )

    def make_cluster(self, project: Project) -> Cluster:
        """With a plan that is approved."""
        cluster = Cluster.objects.create(project=project, title="Cents get lost", status="planned")
        Plan.objects.create(
            cluster=cluster,
            version=1,
            content=_PLAN,
            digest=digest(_PLAN),
            made_by=Plan.MadeBy.PERSON,
            approved_by=self.user,
            approved_at=timezone.now(),
        )
        return cluster

    def finish(self, job_ids: Sequence[int]) -> list[Job]:
        """Wait until all have ended, proven."""
        deadline = time.monotonic() + _PATIENCE
        ended = Job.objects.filter(pk__in=job_ids, status__in=Job.ENDED)
        while ended.count() < len(job_ids):
            if time.monotonic() > deadline:
                raise CommandError("The jobs did not end in half an hour.")
            self.stack.wait(0.02)
        found = list(ended.order_by("id"))
        for job in found:
            if job.outcome != "verified":
                raise CommandError(f"A job ended as {job.outcome}: {job.outcome_detail}")
        return found


@contextmanager
def installed(
    folder: Path,
    transcript: Path | None = None,
    *,
    jobs_at_once: int = 1,
    say: Callable[[str], None],
    environment: Mapping[str, str] | None = None,
) -> Iterator[Installation]:
    """Web, workers, beat and a Valkey, ended afterwards. `environment` is set besides."""
    home = Home(folder / "home")
    home.prepare()
    secret = home.secret_key.read_text().strip()
    with (
        databases.made(folder) as database,
        override_settings(SECRET_KEY=secret),
        database.used(),
    ):
        extra = {
            "DATABASE_URL": database.url(os.environ.get("DATABASE_URL", "")),
            "LOG_LEVEL": "WARNING",
            **({"SOULCASTER_TRANSCRIPT": str(transcript)} if transcript else {}),
            "SOULCASTER_JOBS_AT_ONCE": str(jobs_at_once),
            "SOULCASTER_PROJECT_JOBS_AT_ONCE": _NO_LIMIT,
            "SOULCASTER_PROJECT_JOBS_PER_HOUR": _NO_LIMIT,
            "SOULCASTER_JOBS_PER_MINUTE": _NO_LIMIT,
            "SOULCASTER_API_RATE": "100000/min",
            **(environment or {}),
        }
        with _clean_environment():
            stack = Stack(home, port=0, extra=extra, say=say)
            with running(stack):
                stack.start()
                yield Installation(stack, User.objects.create_user("bench"))


def waited(job: Job) -> float:
    """Seconds from the request until a worker had it."""
    assert job.started_at is not None
    return (job.started_at - job.created_at) / timedelta(seconds=1)


def steps(job_ids: Sequence[int]) -> dict[str, list[float]]:
    """Seconds of each step, in the order in which they come."""
    found: dict[str, list[float]] = {}
    for step in Step.objects.filter(execution__job__in=job_ids).order_by("id"):
        if step.finished_at is not None:
            took = (step.finished_at - step.started_at) / timedelta(seconds=1)
            found.setdefault(step.name, []).append(took)
    return found


@contextmanager
def _clean_environment() -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update({name: before[name] for name in KEPT if name in before})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
