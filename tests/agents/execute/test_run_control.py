"""A person's cancel, and the end of a worker process, wherever the work is at that moment."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from agents.execute import leaving
from agents.execute.run import run
from agents.models import Execution, Job, PullRequest, Step
from agents.sandboxes.base import SandboxError, SandboxSpec
from agents.sandboxes.local.provider import LocalProvider
from agents.sandboxes.local.sandbox import LocalSandbox
from agents.sandboxes.supervisor.records import HANDLE, OUTPUT, read_record
from agents.services import jobs
from clusters.forges import git
from clusters.forges.base import Finding, PullState
from clusters.forges.local import LocalForge
from clusters.forges.mirrors import Mirror
from clusters.models import Cluster, Project
from clusters.services.projects import repositories
from credentials.models import User

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PROMISE = 10.0  # seconds from the button to the end


class Moment:
    """A call that hangs: `reached` when the work is there, and goes on when it is `released`."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.released = threading.Event()

    def hang(self) -> None:
        self.reached.set()
        self.released.wait(120)


@pytest.fixture
def moment() -> Iterator[Moment]:
    moment = Moment()
    yield moment
    moment.released.set()


@pytest.fixture
def job(alice: User, main_cluster: Cluster) -> Job:
    job, _ = jobs.start_fix(alice, main_cluster)
    return job


def begin(job: Job) -> threading.Thread:
    """Work on it on a thread of its own, as a worker does."""

    def work() -> None:
        try:
            run(job.pk)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def soon(condition: Callable[[], bool], within: float) -> bool:
    deadline = time.monotonic() + within
    tick = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            return False
        tick.wait(0.05)
    return True


def is_alive(pid: str) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"  # ended, and only its parent has not looked yet


def has_ended(job: Job) -> bool:
    job.refresh_from_db()
    return job.is_ended


def forge_of(job: Job) -> LocalForge:
    forge = repositories.forge_of(job.project, job.requested_by)
    assert isinstance(forge, LocalForge)
    return forge


def open_pulls(job: Job) -> list[int]:
    return [pull.number for pull in forge_of(job).pulls(PullState.OPEN)]


@pytest.fixture
def shop_moves_on(repository: Path) -> Callable[[], None]:
    """Somebody else commits to the base meanwhile."""

    def commit() -> None:
        who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        command = ["git", "-C", str(repository), *who, "commit", "-q", "--allow-empty", "-mOther"]
        subprocess.run(command, check=True)

    return commit


def test_while_the_sandbox_starts(
    job: Job, alice: User, moment: Moment, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    create = LocalProvider.create

    def slow(self: LocalProvider, spec: SandboxSpec) -> LocalSandbox:
        moment.hang()
        return create(self, spec)

    monkeypatch.setattr(LocalProvider, "create", slow)
    worker = begin(job)
    assert moment.reached.wait(60)
    jobs.cancel(alice, job)
    assert soon(lambda: has_ended(job), PROMISE)
    assert (job.status, job.outcome) == ("cancelled", "cancelled")
    moment.released.set()
    worker.join(60)
    assert soon(lambda: list(settings.SANDBOX_HOME.glob("job-*")) == [], 60)
    assert open_pulls(job) == []


def test_while_git_pushes(
    job: Job, alice: User, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pid, push = tmp_path / "pid", Mirror._push

    def hang(self: Mirror, *arguments: str, **options: str) -> None:
        script = f"echo $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 120"
        if not pid.exists():
            git.run(["hang"], settings=[f"alias.hang=!{script}"], timeout=120)
        push(self, *arguments, **options)

    monkeypatch.setattr(Mirror, "_push", hang)
    worker = begin(job)
    assert soon(pid.exists, 60)
    jobs.cancel(alice, job)
    assert soon(lambda: has_ended(job), PROMISE)
    assert job.outcome == "cancelled"
    worker.join(60)
    assert soon(lambda: not is_alive(pid.read_text().strip()), 10)
    assert open_pulls(job) == []
    assert job.branch not in forge_of(job).mirror().branches()


def test_while_the_worker_hangs_in_what_nothing_ends(
    job: Job, alice: User, moment: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For instance in a call of the forge: the job ends all the same, and for good."""

    def hang(self: LocalForge, *files: object, **options: object) -> list[Finding]:
        moment.hang()
        return []

    monkeypatch.setattr(LocalForge, "findings", hang)
    worker = begin(job)
    assert moment.reached.wait(60)
    jobs.cancel(alice, job)
    assert soon(lambda: has_ended(job), PROMISE)
    assert worker.is_alive(), "the worker still hangs"
    moment.released.set()
    worker.join(60)
    assert not worker.is_alive()
    job.refresh_from_db()
    execution = job.executions.get()
    assert (job.status, job.outcome, execution.status) == ("cancelled", "cancelled", "cancelled")
    assert not Step.objects.filter(execution=execution, status="running").exists()
    assert not PullRequest.objects.exists()


@pytest.mark.timeout(400)  # two whole runs, on a machine that does much else
def test_a_worker_process_that_ends_gives_the_job_to_the_next(
    job: Job, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Settings
) -> None:
    reached = tmp_path / "reached"

    def hang(self: Mirror, *arguments: str, **options: str) -> None:
        git.run(["hang"], settings=[f"alias.hang=!touch {reached}; exec sleep 120"], timeout=120)

    with monkeypatch.context() as patched:
        patched.setattr(Mirror, "_push", hang)
        worker = begin(job)
        assert soon(reached.exists, 60)
        patched.setattr(leaving, "is_leaving", lambda: True)
        worker.join(30)
        assert not worker.is_alive()
    job.refresh_from_db()
    assert (job.status, job.lease_owner, job.outcome) == ("running", "", "")
    assert len(list(settings.SANDBOX_HOME.glob("job-*"))) == 1, "the sandbox stays as it is"
    begun = job.executions.get()
    done = set(begun.steps.filter(status="completed").values_list("name", flat=True))
    assert {"preflight", "provision", "checkout"} <= done

    run(job.pk)  # the next worker goes on, here until the forge gets its push
    job.refresh_from_db()
    assert (job.outcome, job.executions.count()) == ("verified", 1)
    assert len(open_pulls(job)) == 1
    assert begun.steps.get(name="provision").attempts == 1


@pytest.mark.timeout(400)  # two whole runs, on a machine that does much else
def test_a_sandbox_that_goes_away_is_replaced_in_another_attempt_with_the_same_draft(
    job: Job, monkeypatch: pytest.MonkeyPatch, settings: Settings, shop_moves_on: Callable[[], None]
) -> None:
    settings.ATTEMPT_PAUSE = 0
    lost: list[str] = []
    write = LocalSandbox.write

    def vanish(self: LocalSandbox, path: str, data: bytes, *, mode: int = 0o644) -> None:
        if not lost and PullRequest.objects.exists():
            lost.append(self.id)
            self.close()
            shop_moves_on()
            raise SandboxError("The sandbox is gone.")
        write(self, path, data, mode=mode)

    monkeypatch.setattr(LocalSandbox, "write", vanish)
    run(job.pk)
    job.refresh_from_db()
    assert lost
    assert (job.status, job.outcome) == ("pending", "")
    assert "attempt 2 of 3" in job.waiting_reason
    assert len(open_pulls(job)) == 1

    assert soon(
        lambda: not Job.objects.filter(pk=job.pk, not_before__gt=timezone.now()).exists(), 30
    )
    run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.outcome) == ("completed", "verified")
    states = Execution.objects.filter(job=job).order_by("number").values_list("status", "outcome")
    assert list(states) == [("failed", states[0][1]), ("completed", "verified")]
    assert PullRequest.objects.filter(job=job).count() == 1
    assert len(forge_of(job).pulls()) == 1


@pytest.mark.timeout(300)
def test_a_supervisor_that_is_killed_does_not_stop_the_job(
    alice: User, job: Job, settings: Settings, shop: Project
) -> None:
    shop.test_command = "sh -c 'echo begun; sleep 3; python3 -m pytest -q'"
    shop.save()
    worker = begin(job)

    def begun() -> list[Path]:
        outputs = settings.SANDBOX_HOME.glob(f"job-*/runs/*baseline*/{OUTPUT}")
        return [path.parent for path in outputs if path.stat().st_size]

    assert soon(lambda: bool(begun()), 120)
    record = read_record(begun()[0] / HANDLE)
    assert record is not None
    os.kill(int(str(record["supervisor"])), signal.SIGKILL)
    killed = time.monotonic()
    measured = Step.objects.filter(execution__job=job, name="baseline", status="completed")
    assert soon(measured.exists, 60), list(Step.objects.values_list("name", "error"))
    assert time.monotonic() - killed < 60
    jobs.cancel(alice, job)
    worker.join(60)
    assert has_ended(job)
