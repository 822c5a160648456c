"""The local forge's pull requests, on a real repository."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from agents.models import PullRequest
from clusters.forges.base import Author
from clusters.models import Cluster, Project
from clusters.services.projects import repositories
from credentials.models import Team, User
from tests.clusters.forges.repositories import WorkingCopy
from tests.factories import make_job, make_project

ANN = Author("Ann Archer", "ann@example.org")
BODY = "## Proof\n\nIt holds.\n\n<script>alert(1)</script>"
PAGES = ["pull", "pull_files"]
BUTTONS = ["pull_ready", "pull_merge", "pull_close"]


@pytest.fixture
def project(team: Team, tmp_path: Path, settings: Settings) -> Project:
    settings.HOME = tmp_path / "home"
    WorkingCopy(tmp_path / "shop").commit({"src/a.py": "one = 1\n"})
    return make_project(team, repository=str(tmp_path / "shop"))


@pytest.fixture
def pull(project: Project, cluster: Cluster, tmp_path: Path) -> PullRequest:
    """A draft that changes a planned and an unplanned file."""
    forge = repositories.forge_of(project, None)
    mirror = forge.mirror()
    work = WorkingCopy(tmp_path / "work")
    work.git("fetch", "-q", mirror.path, "main")
    work.git("reset", "-q", "--hard", "FETCH_HEAD")
    sha = work.commit({"src/a.py": "one = 2\n", "setup.cfg": "x\n"}, "Say two")
    work.git("push", "-q", mirror.path, "HEAD:refs/heads/work")
    forge.push(mirror, sha, "soulcaster/1-1")
    opened = forge.open_draft(
        branch="soulcaster/1-1", base_branch="main", title="Fix it", body=BODY, author=ANN
    )
    cluster.status = "pr_opened"
    cluster.save()
    job = make_job(
        project,
        cluster,
        status="completed",
        plan_snapshot={"files": [{"path": "src/a.py", "reason": "x"}]},
    )
    return PullRequest.objects.create(
        project=project,
        cluster=cluster,
        job=job,
        number=opened.number,
        title=opened.title,
        branch=opened.branch,
        base_branch="main",
    )


def _page(client: Client, name: str, pull: PullRequest) -> str:
    answer = client.get(reverse(name, args=[pull.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_text_and_commits_are_shown_and_a_strangers_html_is_not(
    client: Client, bob: User, pull: PullRequest
) -> None:
    client.force_login(bob)
    page = _page(client, "pull", pull)
    assert "<h2>Proof</h2>" in page
    assert "Say two" in page
    assert "<script>alert" not in page
    assert "The tests do not prove this change" in page


def test_files_outside_the_plan_are_marked(client: Client, bob: User, pull: PullRequest) -> None:
    client.force_login(bob)
    answer = client.get(reverse("pull_files", args=[pull.pk]))
    assert {file.path: file.outside for file in answer.context["diff"].files} == {
        "src/a.py": False,
        "setup.cfg": True,
    }


def test_a_draft_becomes_ready_and_is_merged(client: Client, bob: User, pull: PullRequest) -> None:
    client.force_login(bob)
    page = _page(client, "pull", pull)
    assert reverse("pull_ready", args=[pull.pk]) in page
    client.post(reverse("pull_ready", args=[pull.pk]))
    client.post(reverse("pull_merge", args=[pull.pk]))
    pull.refresh_from_db()
    assert (pull.state, pull.draft) == ("merged", False)
    assert pull.cluster is not None
    pull.cluster.refresh_from_db()
    assert pull.cluster.status == "resolved"
    assert '<dialog id="merge-pull"' not in _page(client, "pull", pull)


def test_a_draft_is_not_merged(client: Client, bob: User, pull: PullRequest) -> None:
    client.force_login(bob)
    answer = client.post(reverse("pull_merge", args=[pull.pk]), follow=True)
    assert "toast error" in answer.content.decode()
    pull.refresh_from_db()
    assert pull.state == "open"


def test_closing_gives_the_cluster_back(client: Client, bob: User, pull: PullRequest) -> None:
    client.force_login(bob)
    client.post(reverse("pull_close", args=[pull.pk]))
    pull.refresh_from_db()
    assert pull.state == "closed"
    assert pull.cluster is not None
    pull.cluster.refresh_from_db()
    assert pull.cluster.status == "planned"


def test_a_repository_that_is_gone_leaves_what_was_known(
    client: Client, bob: User, pull: PullRequest
) -> None:
    pull.number = 999
    pull.save()
    client.force_login(bob)
    for name in PAGES:
        page = _page(client, name, pull)
        assert "did not answer" in page
        assert "Fix it" in page
        assert "merge-pull" not in page


@pytest.mark.parametrize("name", [*PAGES, *BUTTONS])
def test_another_team_a_stranger_and_a_wrong_verb(
    client: Client, bob: User, mallory: User, pull: PullRequest, name: str
) -> None:
    url = reverse(name, args=[pull.pk])
    send, wrong = (client.get, client.post) if name in PAGES else (client.post, client.get)
    assert send(url).status_code == 302
    client.force_login(mallory)
    assert send(url).status_code == 404
    client.force_login(bob)
    assert wrong(url).status_code == 405


def test_a_viewer_reads_and_does_not_decide(client: Client, carol: User, pull: PullRequest) -> None:
    client.force_login(carol)
    assert 'popovertarget="close-pull"' not in _page(client, "pull", pull)
    for name in BUTTONS:
        assert client.post(reverse(name, args=[pull.pk])).status_code == 403
    pull.refresh_from_db()
    assert pull.state == "open"
