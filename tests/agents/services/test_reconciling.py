"""What no webhook told is found by asking, with the access of the people concerned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from agents import tasks
from agents.models import PullRequest
from agents.services import pulls, reconciling
from clusters.forges.base import Author, ForgeError, Pull, PullState
from clusters.models import Cluster, Project
from clusters.services.projects import repositories
from credentials.models import CredentialUse, Team, User
from credentials.services import credentials
from tests import factories
from tests.clusters.forges.conftest import _pattern, source
from tests.clusters.forges.contract import BRANCH
from tests.clusters.forges.github_forges import NAME, Bench, hub
from tests.clusters.forges.repositories import WorkingCopy
from tests.stand_ins.github.fixtures import github

__all__ = ["_pattern", "github", "hub", "source"]

ANN = Author("Ann Archer", "ann@example.org")
OPEN = Pull(
    number=12,
    url="https://github.com/till/shop/pull/12",
    branch="soulcaster/1-1",
    base_branch="main",
    title="Fix it",
    body="",
    state=PullState.OPEN,
    draft=True,
    head_sha="a" * 40,
    base_sha="b" * 40,
    author="alice",
    updated_at="2026-01-01T10:00:00Z",
)
MERGED = replace(OPEN, state=PullState.MERGED, draft=False, updated_at="2026-01-01T11:00:00Z")
CLOSED = replace(MERGED, state=PullState.CLOSED)


class Told:
    """A forge that says what it is told to say, one pull request at a time."""

    def __init__(self, *told: Pull, error: str = "") -> None:
        self.told = {pull.number: pull for pull in told}
        self.error = error
        self.calls = 0

    def get_pr(self, number: int) -> Pull:
        self._called()
        return self.told[number]

    def _called(self) -> None:
        self.calls += 1
        if self.error:
            raise ForgeError(self.error, "It cannot be read.")


class Listing(Told):
    """One that tells all of a state in one go."""

    def pulls(self, state: PullState | None = None) -> list[Pull]:
        self._called()
        return [pull for pull in self.told.values() if state in (None, pull.state)]


Asked = list[tuple[Project, User | None]]


@pytest.fixture
def give(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Asked]:
    """Give every person (or project) a forge; who asked for one is told."""

    def for_all(choose: Callable[[Project, User | None], Any]) -> Asked:
        asked: Asked = []

        def forge(project: Project, person: User | None) -> Any:
            asked.append((project, person))
            return choose(project, person)

        monkeypatch.setattr(reconciling, "_forge", forge)
        return asked

    return for_all


def with_pull(
    project: Project, requester: User | None = None, told: Pull = OPEN, **fields: Any
) -> PullRequest:
    """A cluster whose job ended with a pull request."""
    fields = {"status": "pr_opened", **fields}
    cluster = factories.make_cluster(project, **fields)
    job = factories.make_job(
        project, cluster, status="completed", branch=told.branch, requested_by=requester
    )
    pulls.follow_forge(project, told, pulls.told_at(told))
    return PullRequest.objects.get(job=job)


def status_of(row: PullRequest) -> str:
    assert row.cluster is not None
    return Cluster.objects.get(pk=row.cluster.pk).status


@pytest.mark.parametrize(
    ("kind", "told", "state", "status"),
    [
        (Told, MERGED, "merged", "resolved"),
        (Listing, MERGED, "merged", "resolved"),
        (Listing, CLOSED, "closed", "planned"),
        (Listing, replace(OPEN, draft=False), "open", "pr_opened"),
    ],
)
def test_it_follows_without_any_webhook(
    project: Project,
    give: Callable[..., Asked],
    kind: type[Told],
    told: Pull,
    state: str,
    status: str,
) -> None:
    row = with_pull(project)
    give(lambda *_: kind(told))
    assert reconciling.reconcile(project.pk) == 1
    assert reconciling.reconcile(project.pk) == 0
    row.refresh_from_db()
    assert (row.state, row.draft) == (state, False)
    assert status_of(row) == status


def test_many_open_pull_requests_cost_one_call(
    project: Project, give: Callable[..., Asked]
) -> None:
    told = [replace(OPEN, number=n, branch=f"soulcaster/1-{n}") for n in range(1, 8)]
    for one in told:
        with_pull(project, told=one)
    forge = Listing(*told)
    give(lambda *_: forge)
    reconciling.reconcile(project.pk)
    assert forge.calls == 1


def test_one_that_was_opened_again_is_found(project: Project, give: Callable[..., Asked]) -> None:
    row = with_pull(project, told=replace(CLOSED, updated_at=timezone.now().isoformat()))
    assert status_of(row) == "planned"
    later = (timezone.now() + timedelta(seconds=5)).isoformat()
    give(lambda *_: Listing(replace(OPEN, updated_at=later)))
    assert reconciling.due() == [project.pk]
    reconciling.reconcile(project.pk)
    row.refresh_from_db()
    assert (row.state, status_of(row)) == ("open", "pr_opened")


def test_pull_requests_of_other_people_are_left_alone(
    project: Project, give: Callable[..., Asked]
) -> None:
    row = with_pull(project)
    give(lambda *_: Listing(OPEN, replace(OPEN, number=99)))
    reconciling.reconcile(project.pk)
    assert list(PullRequest.objects.all()) == [row]


def test_a_state_that_a_webhook_told_meanwhile_stays(
    project: Project, give: Callable[..., Asked]
) -> None:
    row = with_pull(project)
    pulls.follow_forge(project, MERGED, pulls.told_at(MERGED))
    PullRequest.objects.update(state="open")  # what the poll saw when it began
    give(lambda *_: Told(replace(OPEN, title="Old news")))
    reconciling.reconcile(project.pk)
    row.refresh_from_db()
    assert row.title == "Fix it"


def test_a_cluster_that_was_left_behind_is_repaired_without_asking(
    project: Project, give: Callable[..., Asked]
) -> None:
    row = with_pull(project, told=MERGED)
    Cluster.objects.update(status="pr_opened")  # the job ended after the merge
    asked = give(lambda *_: Told())
    assert reconciling.due() == [project.pk]
    reconciling.reconcile(project.pk)
    assert status_of(row) == "resolved"
    assert asked == []


def test_who_asked_for_the_work_goes_before_who_connected_it(
    team: Team, alice: User, bob: User, give: Callable[..., Asked]
) -> None:
    project = factories.make_project(team, created_by=alice)
    with_pull(project, requester=bob)
    asked = give(lambda *_: Told(OPEN))
    reconciling.reconcile(project.pk)
    assert [person for _, person in asked] == [bob]


def test_another_persons_access_helps_out(
    team: Team, alice: User, bob: User, give: Callable[..., Asked]
) -> None:
    project = factories.make_project(team, created_by=alice)
    row = with_pull(project, requester=bob)
    gone = Told(error="token_invalid")
    asked = give(lambda _, person: gone if person == bob else Told(MERGED))
    reconciling.reconcile(project.pk)
    assert [person for _, person in asked] == [bob, alice]
    row.refresh_from_db()
    assert row.state == "merged"


def test_people_who_left_are_not_impersonated(
    team: Team, alice: User, bob: User, give: Callable[..., Asked]
) -> None:
    project = factories.make_project(team, created_by=alice)
    with_pull(project, requester=bob)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    asked = give(lambda *_: Told(OPEN))
    reconciling.reconcile(project.pk)
    assert [person for _, person in asked] == [alice]


def test_a_forge_that_refuses_keeps_nobody_else_waiting(
    team: Team,
    project: Project,
    give: Callable[..., Asked],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_pull(project)
    other = factories.make_project(team, name="other")
    row = with_pull(other)
    give(lambda one, _: Told(error="rate_limited") if one == project else Told(MERGED))
    # A worker for every message.
    monkeypatch.setattr(tasks, "send", lambda _task, row, **_: tasks.reconcile_project(row))
    tasks.reconcile()
    row.refresh_from_db()
    assert row.state == "merged"


def test_projects_without_news_are_not_asked(project: Project, team: Team) -> None:
    with_pull(project, told=replace(CLOSED, updated_at="2020-01-01T00:00:00Z"))
    archived = factories.make_project(team, name="archived", archived_at=timezone.now())
    with_pull(archived)
    assert reconciling.due() == []


def test_the_local_forge_is_followed_too(
    team: Team, tmp_path: Path, settings: Any, source: WorkingCopy
) -> None:
    settings.HOME = tmp_path / "home"
    project = factories.make_project(team, repository=str(source.path))
    forge = repositories.forge_of(project, None)
    opened = open_draft(forge)
    row = with_pull(project, told=opened)
    forge.close(opened.number)
    reconciling.reconcile(project.pk)
    row.refresh_from_db()
    assert (row.state, status_of(row)) == ("closed", "planned")


def test_uses_of_a_key_for_this_are_told_apart_and_not_kept_for_ever(
    team: Team, alice: User, hub: Bench, settings: Any, tmp_path: Path
) -> None:
    settings.GITHUB_URL, settings.GITHUB_API_URL = hub.server.url, hub.server.api_url
    settings.HOME = tmp_path / "home"
    credentials.put(alice, alice, "github", hub.token)
    project = factories.make_project(team, forge="github", repository=NAME, created_by=alice)
    with_pull(project, alice, open_draft(hub.forge()))
    reconciling.reconcile(project.pk)
    use = CredentialUse.objects.get()
    assert (use.purpose, use.job_id) == (credentials.RECONCILE, None)
    (key,) = credentials.of_owner(alice)
    assert key.newest_uses == []  # type: ignore[attr-defined] # prefetched

    old = timezone.now() - timedelta(days=8)
    other = CredentialUse.objects.create(credential=use.credential, purpose="plan", used_at=old)
    tasks.tidy()
    assert CredentialUse.objects.count() == 2
    CredentialUse.objects.filter(pk=use.pk).update(used_at=old)
    tasks.tidy()
    assert CredentialUse.objects.get() == other


@pytest.mark.slow
def test_an_hour_without_webhooks_is_repaired(
    team: Team, alice: User, hub: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = factories.make_project(team, forge="github", repository=NAME, created_by=alice)
    monkeypatch.setattr(repositories, "forge_of", lambda *_, **__: hub.forge())
    rows = {}
    for name in ("merged", "closed", "ready", "edited"):
        branch = f"soulcaster/{name}"
        rows[name] = with_pull(project, alice, open_draft(hub.forge(), branch))
    # No webhook is connected: nobody tells us any of this.
    hub.server.merge_pull(NAME, rows["merged"].number)
    hub.server.close_pull(NAME, rows["closed"].number)
    hub.server.set_draft(NAME, rows["ready"].number, draft=False)
    hub.server.edit_pull(NAME, rows["edited"].number, title="A better title")
    hub.server.calls.clear()
    tasks.reconcile_project(project.pk)
    for row in rows.values():
        row.refresh_from_db()
    assert {name: (row.state, status_of(row)) for name, row in rows.items()} == {
        "merged": ("merged", "resolved"),
        "closed": ("closed", "planned"),
        "ready": ("open", "pr_opened"),
        "edited": ("open", "pr_opened"),
    }
    assert rows["ready"].draft is False
    assert rows["edited"].title == "A better title"
    assert len(hub.server.calls) <= len(rows) + 1


def open_draft(forge: Any, branch: str = BRANCH) -> Pull:
    """A draft with one commit."""
    mirror = forge.mirror()
    sha = mirror.empty_commit(mirror.resolve("main"), f"Begin {branch}\n", ANN)
    forge.push(mirror, sha, branch)
    opened: Pull = forge.open_draft(
        branch=branch, base_branch="main", title="Fix it", body="", author=ANN
    )
    return opened
