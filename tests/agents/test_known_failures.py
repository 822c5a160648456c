"""What the first generation of the product did wrong on GitHub cannot happen any more.

The job-level tests are here; the others stand beside the rule that they hold.

Pull request not created, because the process died after the push
    here: test_a_worker_that_dies_at_the_pull_request_is_followed_by_one_that_finishes
    pipelines/test_fix_on_github: test_a_worker_that_died_between_push_and_pull_request
    forges/test_github_faults: test_a_worker_that_died_after_its_push_leaves_no_second_pull_request
"Already exists", with and without an address in the message
    forges/test_github_faults: test_already_exists_is_answered_by_the_one_that_does
A literal backslash-n in a body
    pipelines/test_fix_on_github: test_the_text_is_replaced_and_what_people_wrote_stays
Cluster left in `fixing` after success
    here: test_a_worker_that_dies_at_the_very_end_leaves_no_cluster_in_fixing
    execute/test_run_on_github: test_a_job_ends_with_a_ready_pull_request_in_the_requester_s_name
    services/test_leases: test_job_execution_and_cluster_end_together
    services/test_reconciling: test_a_cluster_that_was_left_behind_is_repaired_without_asking
A stale address of the repository
    here: test_a_transferred_repository_is_followed_by_the_row_and_by_what_comes_next
    execute/test_run_on_github: test_a_renamed_repository_is_worked_on_under_its_new_name
    forges/test_github_faults: test_a_repository_that_moves_in_the_middle_of_the_work, and its
    neighbours; services/test_github_events: test_a_project_follows_its_repository
A token without scope; an organisation with single sign-on
    here: test_what_github_will_refuse_is_told_before_anything_is_made
    forges/test_github_faults: test_a_token_without_the_scope,
    test_an_organisation_that_wants_single_sign_on
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from agents.models import Job, PullRequest
from agents.services import executions
from clusters.forges.github.forge import GitHubForge
from clusters.models import Cluster, Project
from clusters.services.projects import repositories
from credentials.models import User
from credentials.services import credentials
from tests.agents.execute.conftest import main_cluster, repository
from tests.agents.execute.test_run_on_github import NAME, job, log_of, shop, token, worked_on
from tests.agents.pipelines.journal import Killed
from tests.stand_ins.github import bare
from tests.stand_ins.github.fixtures import github
from tests.stand_ins.github.server import GitHubServer

__all__ = ["github", "job", "main_cluster", "repository", "shop", "token"]
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def dies(job: Job) -> None:
    """A worker takes the job up and is gone in the middle of it; its lease runs out."""
    with pytest.raises(Killed):
        worked_on(job)
    job.refresh_from_db()
    assert job.status in Job.HELD
    past = timezone.now() - timedelta(seconds=1)
    Job.objects.filter(pk=job.pk).update(lease_until=past)


def cluster_status(job: Job) -> str:
    assert job.cluster is not None
    return Cluster.objects.get(pk=job.cluster.pk).status


def branches(path: Path) -> list[str]:
    listed = bare.git(path, "for-each-ref", "--format=%(refname:short)", "refs/heads")
    return [name for name in listed.splitlines() if name.startswith("soulcaster/")]


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_a_worker_that_dies_at_the_pull_request_is_followed_by_one_that_finishes(
    job: Job, github: GitHubServer, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    open_draft = GitHubForge.open_draft

    def die(forge: GitHubForge, **given: Any) -> None:
        if late:
            open_draft(forge, **given)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(GitHubForge, "open_draft", die)
        dies(job)
    assert branches(github.repository(NAME).path) == [job.branch]
    assert len(github.repository(NAME).pulls) == late

    assert worked_on(job).outcome == "verified", log_of(job)
    assert branches(github.repository(NAME).path) == [job.branch]
    (pull,) = github.repository(NAME).pulls.values()
    assert (pull.head, pull.draft) == (job.branch, False)
    assert cluster_status(job) == "pr_opened"


def test_a_worker_that_dies_at_the_very_end_leaves_no_cluster_in_fixing(
    job: Job, github: GitHubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(executions, "finish", die)
        dies(job)
    assert cluster_status(job) == "fixing"

    assert worked_on(job).outcome == "verified", log_of(job)
    assert cluster_status(job) == "pr_opened"
    assert len(github.repository(NAME).pulls) == 1


def test_a_transferred_repository_is_followed_by_the_row_and_by_what_comes_next(
    job: Job, github: GitHubServer, alice: User
) -> None:
    github.add_organisation("other")
    github.transfer(NAME, "other")
    moved = "other/tillwork"
    assert worked_on(job).outcome == "verified", log_of(job)
    assert Project.objects.get(pk=job.project_id).repository == moved
    assert f"/{moved}/pull/" in PullRequest.objects.get(job=job).url

    github.calls.clear()
    repositories.connect(Project.objects.get(pk=job.project_id), alice).forge.access()
    assert github.api_calls
    assert [call.path for call in github.calls if NAME in call.path] == []


@pytest.mark.parametrize("code", ["scope_missing", "sso_required"])
def test_what_github_will_refuse_is_told_before_anything_is_made(
    job: Job, github: GitHubServer, alice: User, code: str
) -> None:
    if code == "scope_missing":
        weak = github.add_token("alice-on-github", scopes=["read:user"])
        credentials.put(alice, alice, "github", weak)
        link = "/settings/keys/"
    else:
        github.state.account("acme").sso = True
        link = f"{github.url}/orgs/acme/sso?authorization_request="

    worked_on(job)

    assert (job.status, job.outcome) == ("failed", code)
    assert link in job.outcome_detail
    assert cluster_status(job) == "planned"
    assert (github.repository(NAME).pulls, branches(github.repository(NAME).path)) == ({}, [])
    assert job.executions.get().input_tokens == 0
