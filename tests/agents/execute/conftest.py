"""A project with the demonstration's repository, ready to be worked on by a real execution."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from agents.execute.run import run
from agents.models import Job
from agents.services import jobs
from clusters.models import Cluster, Project
from clusters.services import feedback, grouping, plans
from credentials.models import Team, User
from soulcaster.demo import build_repository, material
from tests import factories


@pytest.fixture
def repository(tmp_path: Path, settings: Settings) -> Path:
    """The demonstration's repository, in a folder that the operator opened."""
    settings.LOCAL_REPOSITORIES = [tmp_path]
    settings.SANDBOX_HOME = tmp_path / "sandboxes"
    settings.HOME = tmp_path / "home"
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.TRANSCRIPT = material().transcript
    build_repository(tmp_path / "tillwork")
    return tmp_path / "tillwork"


@pytest.fixture
def shop(team: Team, repository: Path) -> Project:
    return factories.make_project(
        team, repository=str(repository), runner="local_scripted", allow_unisolated=True
    )


@pytest.fixture
def main_cluster(alice: User, shop: Project) -> Cluster:
    """The cluster that most reporters speak of, with a plan that Alice approved."""
    for path in material().reports:
        feedback.import_file(alice, shop, name=path.name, data=path.read_bytes())
    grouping.group_waiting(shop)
    cluster = shop.clusters.order_by("-reporter_count").first()
    assert cluster is not None
    plan = plans.generate(alice, cluster)
    plans.approve(alice, cluster, version=plan.version)
    return cluster


@pytest.fixture
def work(alice: User) -> Callable[..., Job]:
    """Start a fix of a cluster and work on it in this process, to its end."""

    def _work(cluster: Cluster, runner: str = "") -> Job:
        job, _ = jobs.start_fix(alice, cluster, runner=runner)
        run(job.pk)
        job.refresh_from_db()
        return job

    return _work
