"""A job of the demonstration whose repository is on GitHub, from click to pull request."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps
from django.core.cache import cache
from pytest_django.fixtures import Settings

from agents.execute.run import run
from agents.models import Job, LogChunk, PullRequest
from agents.services import jobs
from clusters.models import Cluster, Project
from credentials.models import Credential, Team, User
from credentials.services import credentials
from tests import factories
from tests.agents.execute.conftest import main_cluster, repository
from tests.stand_ins.github import bare
from tests.stand_ins.github.fixtures import github
from tests.stand_ins.github.server import GitHubServer

__all__ = ["github", "main_cluster", "repository"]
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

NAME = "acme/tillwork"


@pytest.fixture
def token(github: GitHubServer, settings: Settings, alice: User, repository: Path) -> str:
    """Alice's, stored here; she may write to the repository."""
    settings.GITHUB_URL, settings.GITHUB_API_URL = github.url, github.api_url
    cache.clear()
    value = github.add_user("alice-on-github", name="Alice")
    github.add_organisation("acme")
    github.add_repository(NAME, source=repository)
    github.grant(NAME, "alice-on-github", "write")
    credentials.put(alice, alice, "github", value)
    return value


@pytest.fixture
def shop(team: Team, token: str) -> Project:
    return factories.make_project(
        team, forge="github", repository=NAME, runner="local_scripted", allow_unisolated=True
    )


@pytest.fixture
def job(alice: User, main_cluster: Cluster, github: GitHubServer) -> Job:
    started, _ = jobs.start_fix(alice, main_cluster)
    github.calls.clear()
    return started


def worked_on(job: Job) -> Job:
    run(job.pk)
    job.refresh_from_db()
    return job


def log_of(job: Job) -> str:
    chunks = LogChunk.objects.filter(execution__job=job).order_by("execution", "seq")
    return "".join(chunk.text for chunk in chunks)


def test_a_job_ends_with_a_ready_pull_request_in_the_requester_s_name(
    job: Job, github: GitHubServer, token: str
) -> None:
    worked_on(job)
    assert job.outcome == "verified", log_of(job)
    row = PullRequest.objects.get(job=job)
    pull = github.repository(NAME).pulls[row.number]
    assert (row.draft, row.verified, row.state) == (False, True, "open")
    assert row.url == f"{github.url}/{NAME}/pull/{row.number}"
    assert (pull.author, pull.draft) == ("alice-on-github", False)
    assert pull.head_sha == row.head_sha
    assert job.cluster is not None
    job.cluster.refresh_from_db()
    assert job.cluster.status == "pr_opened"
    assert len(github.api_calls) <= 12, github.api_calls
    account = github.state.account("alice-on-github")
    (first, *_) = [
        answer for answer in _commits(github, pull.base_sha, pull.head_sha) if "Alice" in answer
    ]
    assert first == f"Alice Archer <{account.id}+alice-on-github@users.noreply.127.0.0.1>"
    kept = [str(list(model._default_manager.values())) for model in apps.get_models()]
    assert all(token not in text for text in (*kept, log_of(job)))


def _commits(github: GitHubServer, base: str, head: str) -> list[str]:
    path = github.repository(NAME).path
    return bare.git(path, "log", "--format=%an <%ae>", f"{base}..{head}").splitlines()


def test_a_used_up_limit_puts_the_job_aside_and_it_goes_on_later(
    job: Job, github: GitHubServer
) -> None:
    github.limit_next(retry_after=600)
    worked_on(job)
    assert (job.status, job.outcome) == ("pending", "")
    assert "10 minutes" in job.waiting_reason
    assert worked_on(job).status == "pending"  # not before its time

    Job.objects.filter(pk=job.pk).update(not_before=job.created_at)
    assert worked_on(job).outcome == "verified", log_of(job)
    assert len(github.repository(NAME).pulls) == 1


def test_a_limit_at_the_end_keeps_what_the_agent_did(job: Job, github: GitHubServer) -> None:
    github.limit_next(retry_after=600, path_contains="/graphql")
    worked_on(job)
    assert job.status == "pending", log_of(job)
    agents = log_of(job).count("begins.")

    Job.objects.filter(pk=job.pk).update(not_before=job.created_at)
    assert worked_on(job).outcome == "verified", log_of(job)
    assert log_of(job).count("begins.") == agents
    assert not PullRequest.objects.get(job=job).draft


def test_a_revoked_token_ends_the_job_and_is_marked(
    job: Job, github: GitHubServer, token: str, alice: User
) -> None:
    github.revoke(token)
    worked_on(job)
    assert job.outcome == "token_invalid"
    assert "/settings/keys/" in job.outcome_detail
    assert Credential.objects.get(user=alice).revoked_at is not None


def test_without_a_token_the_job_says_what_to_do(job: Job, alice: User) -> None:
    Credential.objects.filter(user=alice).delete()
    worked_on(job)
    assert job.outcome == "token_missing"
    assert "sign in with GitHub" in job.outcome_detail


def test_a_renamed_repository_is_worked_on_under_its_new_name(
    job: Job, github: GitHubServer
) -> None:
    github.rename(NAME, "cashdesk")
    worked_on(job)
    assert job.outcome == "verified", log_of(job)
    assert Project.objects.get(pk=job.project.pk).repository == "acme/cashdesk"
    assert "/acme/cashdesk/pull/" in PullRequest.objects.get(job=job).url
