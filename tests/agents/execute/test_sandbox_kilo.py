"""The default runner, whole: Kilocode in E2B, from click to merge, with the key left outside."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.core.cache import cache
from pytest_django.fixtures import Settings

from agents.execute.run import run
from agents.models import Execution, Job, LogChunk, PullRequest, Receipt
from agents.pipelines.egress import INJECTED
from agents.services import jobs, reconciling
from clusters.models import Cluster, Project
from credentials.models import Team, User
from tests import factories
from tests.agents.execute.conftest import main_cluster, repository
from tests.agents.execute.test_run_on_github import NAME, token
from tests.live.kilo_in_e2b import (
    ADDRESS,
    KEY,
    MODEL,
    Lookout,
    WatchedModel,
    e2b_with_kilo,
    model_at,
    rotated,
)
from tests.stand_ins.e2b import server
from tests.stand_ins.e2b.server import E2BDouble
from tests.stand_ins.github.fixtures import github
from tests.stand_ins.github.server import GitHubServer

__all__ = ["github", "main_cluster", "repository", "token"]
pytestmark = [
    pytest.mark.cli,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
]


@pytest.fixture
def double() -> Iterator[E2BDouble]:
    if os.geteuid() != 0:
        pytest.skip("the machines of the double of E2B need root; run the tests as root")
    with e2b_with_kilo() as double:
        yield double


@pytest.fixture
def lookout(double: E2BDouble) -> Lookout:
    return Lookout(double)


@pytest.fixture
def model(double: E2BDouble, lookout: Lookout) -> Iterator[WatchedModel]:
    with model_at(double, lookout) as model:
        yield model


@pytest.fixture
def shop(team: Team, token: str) -> Project:
    """It has chosen no runner."""
    return factories.make_project(team, forge="github", repository=NAME)


@pytest.fixture
def job(
    alice: User, main_cluster: Cluster, double: E2BDouble, model: WatchedModel, settings: Settings
) -> Job:
    """As the operator has set it up, with keys of their own."""
    settings.E2B_API_KEY = server.KEY
    settings.E2B_API_URL = settings.E2B_SANDBOX_URL = double.address
    settings.MODEL = MODEL
    settings.MODEL_KEYS = {"openai": KEY}
    settings.MODEL_BASE_URLS = {"openai": ADDRESS}
    cache.clear()
    started, _ = jobs.start_fix(alice, main_cluster)
    return started


def log_of(job: Job) -> str:
    chunks = LogChunk.objects.filter(execution__job=job).order_by("execution", "seq")
    return "".join(chunk.text for chunk in chunks)


def test_kilocode_in_e2b_makes_a_proven_pull_request_and_never_has_the_key(
    job: Job, github: GitHubServer, double: E2BDouble, model: WatchedModel, lookout: Lookout
) -> None:
    run(job.pk)
    job.refresh_from_db()

    assert job.runner == "sandbox_kilo"
    assert job.outcome == "verified", log_of(job)
    execution = Execution.objects.get(job=job)
    assert (execution.sandbox_provider, execution.isolation) == ("sandbox", "machine")
    assert execution.output_tokens > 0
    shown = dict(Receipt.objects.filter(execution=execution).values_list("kind", "status"))
    assert shown == {"baseline": "failed", "head": "passed", "reproduction": "failed"}
    is_ready(job, github)
    the_key_was_outside(job, double, model, lookout)

    github.merge_pull(NAME, PullRequest.objects.get(job=job).number)
    reconciling.reconcile(job.project_id)
    assert job.cluster is not None
    job.cluster.refresh_from_db()
    assert job.cluster.status == "resolved"


def is_ready(job: Job, github: GitHubServer) -> None:
    row = PullRequest.objects.get(job=job)
    pull = github.repository(NAME).pulls[row.number]
    assert (row.draft, row.verified, row.state) == (False, True, "open")
    assert (pull.author, pull.draft, pull.head_sha) == ("alice-on-github", False, row.head_sha)
    assert "**Verified.**" in (pull.body or "")
    assert "key" not in (pull.body or "").lower()


def the_key_was_outside(job: Job, double: E2BDouble, model: WatchedModel, lookout: Lookout) -> None:
    """The model was shown it with every request; nobody else saw it."""
    asked = model.log.entries()
    assert len(asked) >= 5
    assert {entry.question.key for entry in asked} == {KEY}
    assert lookout.programs, "nobody has looked at the agent's process"
    assert lookout.found == set()
    said = b"\n".join(model.bodies)
    assert rotated(INJECTED) in said  # the agent has looked around
    assert rotated(KEY) not in said
    assert KEY.encode() not in said
    kept = [str(list(table._default_manager.values())) for table in apps.get_models()]
    assert all(KEY not in text for text in (*kept, log_of(job)))
    assert double.boxes.all == {}
