"""Sandboxes that were left over are closed, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from pytest_django.fixtures import Settings

from agents import tasks, wiring
from agents.models import Execution, Job
from agents.pipelines.labels import job_of, label_of
from agents.sandboxes.base import SandboxError, SandboxProvider, SandboxSpec
from agents.sandboxes.e2b import Account, E2BProvider, errors
from agents.sandboxes.local import LocalProvider
from agents.sandboxes.local.sandbox import LocalSandbox
from agents.services import orphans
from clusters.models import Project
from credentials.models import CredentialUse, Team, User
from credentials.services import credentials
from tests import factories
from tests.agents.sandboxes.e2b.conftest import double, e2b_double
from tests.stand_ins.e2b import server
from tests.stand_ins.e2b.faults import Fault
from tests.stand_ins.e2b.server import E2BDouble

__all__ = ["double", "e2b_double"]
pytestmark = pytest.mark.django_db

LIST = "GET /v2/sandboxes"


@pytest.fixture(autouse=True)
def _nobody_looked_yet() -> None:
    cache.clear()


@pytest.fixture
def local(tmp_path: Path, settings: Settings) -> LocalProvider:
    """This machine's."""
    settings.SANDBOX_HOME = tmp_path / "sandboxes"
    return LocalProvider(settings.SANDBOX_HOME)


@pytest.fixture
def e2b(
    double: E2BDouble, local: LocalProvider, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SandboxProvider]:
    """E2B's, with the operator's key."""
    settings.E2B_API_KEY = server.KEY
    settings.E2B_API_URL = settings.E2B_SANDBOX_URL = double.address
    monkeypatch.setattr(errors, "PAUSES", (0.0,) * len(errors.PAUSES))
    provider = wiring.throwaway("sandbox")
    yield provider
    for id_ in list(double.boxes.all):
        double.vanish(id_)


def left_by(provider: SandboxProvider, job: Job) -> str:
    return provider.create(SandboxSpec(label_of(job.pk))).id


def ended(project: Project, **fields: Any) -> Job:
    return factories.make_job(project, status=Job.Status.FAILED, **fields)


def test_labels_name_their_job() -> None:
    assert job_of(label_of(17)) == 17
    assert [job_of(text) for text in ("probe", "job-x-fix", "job-1", "", f"job-{10**30}-fix")] == [
        None
    ] * 5


def test_an_ended_job_s_sandbox_goes_and_an_active_one_s_stays(
    project: Project, local: LocalProvider
) -> None:
    gone = [left_by(local, factories.make_job(project, status=each)) for each in Job.ENDED]
    kept = [left_by(local, factories.make_job(project, status=each)) for each in Job.ACTIVE]
    unknown = local.create(SandboxSpec(label_of(10**9))).id
    nobodys = local.create(SandboxSpec("somebody-at-work")).id

    assert orphans.sweep() == len(gone) + 1
    assert set(local.list()) == {*kept, nobodys}
    assert unknown not in local.list()
    assert orphans.sweep() == 0


def test_what_a_job_left_at_e2b_goes_also_when_it_rests(
    project: Project, e2b: SandboxProvider
) -> None:
    resting = e2b.create(SandboxSpec(label_of(ended(project).pk)))
    resting.rest()
    left_by(e2b, ended(project))
    kept = left_by(e2b, factories.make_job(project, status=Job.Status.RUNNING))

    tasks.sweep_sandboxes()

    assert list(e2b.list()) == [kept]


def test_another_installation_s_sandboxes_are_not_touched(
    project: Project, e2b: SandboxProvider, double: E2BDouble
) -> None:
    account = Account(
        server.KEY, server.TEMPLATE, api_url=double.address, sandbox_url=double.address
    )
    others = E2BProvider(account, installation="others")
    theirs = left_by(others, ended(project))

    assert orphans.sweep() == 0
    assert list(others.list()) == [theirs]


def test_a_provider_that_is_away_keeps_no_other_from_being_tidied(
    project: Project, local: LocalProvider, e2b: SandboxProvider, double: E2BDouble
) -> None:
    job = ended(project)
    left_by(local, job)
    left_by(e2b, job)
    double.faults.add(Fault(LIST, times=99, status=503))

    assert orphans.sweep() == 1
    double.faults.clear()
    assert orphans.sweep() == 1
    assert list(e2b.list()) == list(local.list()) == []


def test_one_that_cannot_be_closed_is_tried_again_next_time(
    project: Project, local: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, _ = left_by(local, ended(project)), left_by(local, ended(project))
    close = LocalSandbox.close

    def refuse(sandbox: LocalSandbox) -> None:
        if sandbox.id == stuck:
            raise SandboxError("busy")
        close(sandbox)

    with monkeypatch.context() as patch:
        patch.setattr(LocalSandbox, "close", refuse)
        assert orphans.sweep() == 1
    assert list(local.list()) == [stuck]
    assert orphans.sweep() == 1


def test_a_few_at_a_time(
    project: Project, local: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "MOST_CLOSED", 2)
    for _ in range(3):
        left_by(local, ended(project))

    assert [orphans.sweep(), orphans.sweep(), orphans.sweep()] == [2, 1, 0]


def test_the_account_of_who_asked_is_tidied_and_left_alone_when_all_has_settled(
    bob: User, project: Project, e2b: SandboxProvider, settings: Settings, double: E2BDouble
) -> None:
    settings.E2B_API_KEY = ""
    own = "e2b_" + "b" * 40
    double.control.keys.add(own)
    credentials.add(bob, bob, "e2b", own)
    job = ended(project, requested_by=bob, runner="sandbox_kilo")
    left_by(e2b, job)
    execution = factories.make_execution(
        job, sandbox_id="i1", sandbox_provider="sandbox", finished_at=timezone.now()
    )
    Execution.objects.filter(pk=execution.pk).update(status=Execution.Status.FAILED)

    assert orphans.sweep() == 1
    assert orphans.sweep() == 0
    assert uses() == 2  # it may have been in the making when the job ended
    earlier = timezone.now() - orphans.SETTLED - timedelta(seconds=1)
    Execution.objects.filter(pk=execution.pk).update(finished_at=earlier)
    for _ in range(3):
        assert orphans.sweep() == 0
    assert uses() == 3


def test_an_account_that_is_away_is_looked_at_again(
    bob: User, team: Team, project: Project, e2b: SandboxProvider, double: E2BDouble
) -> None:
    credentials.add(bob, bob, "e2b", server.KEY)
    job = ended(project, requested_by=bob, runner="sandbox_kilo")
    left_by(e2b, job)
    earlier = timezone.now() - orphans.SETTLED - timedelta(seconds=1)
    factories.make_execution(job, sandbox_id="i1", finished_at=earlier)
    double.faults.add(Fault(LIST, times=99, status=503))

    assert orphans.sweep() == 0
    double.faults.clear()
    assert orphans.sweep() == 1


def uses() -> int:
    return CredentialUse.objects.filter(purpose="reconcile").count()


def test_every_few_minutes(settings: Settings) -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["sweep_sandboxes"]

    assert entry["task"] == tasks.sweep_sandboxes.name
    assert entry["schedule"].run_every <= timedelta(minutes=10)
