"""Logs and receipts show code: each viewer's own access to the repository decides."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from agents.models import Job, Receipt
from clusters.forges.base import Access, ForgeError
from clusters.models import Project
from clusters.services.projects import repositories
from credentials.models import Team, User
from tests import factories

SHOWN = "def divide(bill, people)"
REFUSED = "GitHub shows no repository “acme/widgets” to your account."
Say = Callable[[str], None]

PAGES = ["job", "job_receipts"]
CODE = ["job_diff", "job_prompt", "job_log_text"]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Say:
    """Let the forge answer everybody with an error of this code; '' lets everybody in."""
    cache.clear()

    def answer(code: str) -> None:
        def access() -> Access:
            if code:
                raise ForgeError(code, REFUSED)
            return Access(can_write=False, default_branch="main", empty=False)

        monkeypatch.setattr(repositories, "forge_of", lambda *_: SimpleNamespace(access=access))

    return answer


@pytest.fixture
def job(team: Team) -> Job:
    project = factories.make_project(
        team, forge=Project.Forge.GITHUB, repository="acme/widgets", name="widgets"
    )
    job = factories.make_job(project, status=Job.Status.RUNNING)
    execution = factories.make_execution(job)
    factories.make_chunks(execution, f"{SHOWN}\n")
    Receipt.objects.create(
        execution=execution,
        kind="head",
        status="failed",
        command="pytest",
        commit="c" * 40,
        exit_code=1,
        seconds=1,
        tests=[{"id": "t", "outcome": "failed", "message": SHOWN}],
    )
    return job


@pytest.mark.parametrize("name", PAGES)
def test_whom_the_forge_lets_read_sees_the_tab(
    client: Client, bob: User, job: Job, say: Say, name: str
) -> None:
    say("")
    client.force_login(bob)
    assert SHOWN in client.get(reverse(name, args=[job.pk])).content.decode()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("code", ["repository_unavailable", "forge_unavailable"])
def test_others_see_the_job_but_no_code(
    client: Client, bob: User, job: Job, say: Say, name: str, code: str
) -> None:
    say(code)
    client.force_login(bob)
    answer = client.get(reverse(name, args=[job.pk]))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert job.title in page
    assert REFUSED in page
    assert SHOWN not in page
    assert "/ws/jobs/" not in page


@pytest.mark.parametrize("name", CODE)
def test_what_is_nothing_but_code_is_refused(
    client: Client, bob: User, job: Job, say: Say, name: str
) -> None:
    say("repository_unavailable")
    client.force_login(bob)
    assert client.get(reverse(name, args=[job.pk])).status_code == 403


@pytest.mark.parametrize("path", ["/api/jobs/{}", "/api/jobs/{}/logs"])
def test_the_api_says_the_same(client: Client, bob: User, job: Job, say: Say, path: str) -> None:
    client.force_login(bob)
    for code, status in (("repository_unavailable", 403), ("forge_unavailable", 409)):
        say(code)
        answer = client.get(path.format(job.pk))
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.json()["detail"] == REFUSED
    say("")
    assert SHOWN in client.get(path.format(job.pk)).content.decode()


def test_a_local_repository_asks_no_forge(
    client: Client, bob: User, project: Project, say: Say
) -> None:
    say("repository_unavailable")
    job = factories.make_job(project)
    client.force_login(bob)
    assert client.get(f"/api/jobs/{job.pk}/logs").status_code == 200
    assert REFUSED not in client.get(reverse("job", args=[job.pk])).content.decode()
