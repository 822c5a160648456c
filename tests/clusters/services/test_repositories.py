"""A repository is read and changed with each person's own rights."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from pytest_django.fixtures import Settings

from clusters.forges.base import ForgeError
from clusters.models import Project
from clusters.services import projects
from clusters.services.projects import repositories
from credentials.errors import Forbidden, Invalid
from credentials.models import AuditEvent, CredentialUse, Team, User
from credentials.services import credentials
from tests import factories
from tests.stand_ins.github.fixtures import github
from tests.stand_ins.github.server import GitHubServer

__all__ = ["github"]

NAME = "acme/widgets"


@pytest.fixture
def hub(github: GitHubServer, settings: Settings, alice: User) -> GitHubServer:
    """GitHub with a repository that alice may write to; her token is stored here."""
    settings.GITHUB_URL, settings.GITHUB_API_URL = github.url, github.api_url
    settings.ENCRYPTION_KEYS = f"k1:{'A' * 43}="
    cache.clear()
    token = github.add_user("alice")
    github.add_organisation("acme")
    github.add_repository(NAME)
    github.grant(NAME, "alice", "write")
    credentials.put(alice, alice, "github", token)
    return github


@pytest.fixture
def remote(team: Team, hub: GitHubServer) -> Project:
    return factories.make_project(team, forge="github", repository=NAME)


def test_a_project_is_connected_by_whoever_may_write(
    hub: GitHubServer, team: Team, alice: User
) -> None:
    project = projects.create_project(
        alice, team, name="Widgets", repository=NAME, forge=Project.Forge.GITHUB
    )
    assert (project.forge, project.repository) == ("github", NAME)


@pytest.mark.parametrize("name", ["acme", "acme/../x", "https://github.com/acme/widgets", "a/b c"])
def test_a_name_that_is_none_is_refused(
    hub: GitHubServer, team: Team, alice: User, name: str
) -> None:
    with pytest.raises(Invalid, match="owner/name"):
        projects.create_project(
            alice, team, name="Widgets", repository=name, forge=Project.Forge.GITHUB
        )


def test_reading_rights_are_not_enough_to_connect(
    hub: GitHubServer, team: Team, alice: User
) -> None:
    hub.grant(NAME, "alice", "read")
    with pytest.raises(Invalid, match="may not write") as caught:
        projects.create_project(
            alice, team, name="Widgets", repository=NAME, forge=Project.Forge.GITHUB
        )
    assert caught.value.code == "no_write_access"


def test_without_a_token_of_ones_own_nothing_is_shown(remote: Project, bob: User) -> None:
    with pytest.raises(ForgeError) as caught:
        repositories.forge_of(remote, bob)
    assert caught.value.code == "token_missing"
    assert caught.value.fix_url.endswith("/settings/keys/")
    with pytest.raises(Forbidden):
        repositories.require_read(remote, bob)


def test_membership_alone_shows_no_code(hub: GitHubServer, remote: Project, bob: User) -> None:
    credentials.put(bob, bob, "github", hub.add_user("bob"))
    with pytest.raises(Forbidden, match="shows no repository"):
        repositories.require_read(remote, bob)
    hub.grant(NAME, "bob", "read")
    repositories.require_read(remote, bob)


def test_the_forge_is_not_asked_at_every_look(
    hub: GitHubServer, remote: Project, alice: User
) -> None:
    for _ in range(3):
        repositories.require_read(remote, alice)
    assert len(hub.api_calls) == 1


def test_without_redis_the_forge_is_asked_each_time(
    hub: GitHubServer, remote: Project, alice: User, bob: User, settings: Settings
) -> None:
    nobody_listens = "redis://127.0.0.1:1/0"
    backend = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": nobody_listens}}
    for _ in range(2):
        repositories.require_read(remote, alice)
    assert len(hub.api_calls) == 2
    with pytest.raises(Forbidden):
        repositories.require_read(remote, bob)


def test_a_renamed_repository_changes_the_project_once(
    hub: GitHubServer, remote: Project, alice: User
) -> None:
    hub.rename(NAME, "gadgets")
    repositories.forge_of(remote, alice).access()
    repositories.forge_of(remote, alice).access()
    remote.refresh_from_db()
    assert remote.repository == "acme/gadgets"
    (event,) = AuditEvent.objects.filter(verb="project.renamed")
    assert event.data == {"old": NAME, "new": "acme/gadgets"}


def test_the_use_of_a_token_is_written_down_with_its_job(
    hub: GitHubServer, remote: Project, alice: User
) -> None:
    job = factories.make_job(remote)
    connection = repositories.connect(remote, alice, job=job.pk)
    assert connection.forge.repository == NAME
    assert CredentialUse.objects.get().job_id == job.pk
    assert connection.key is not None
    assert connection.key.secret not in repr(connection)


@pytest.mark.parametrize(
    ("field", "value"),
    [("labels", "bug"), ("labels", ["a,b"]), ("labels", ["x"] * 16), ("reviewers", ["a b"])],
)
def test_labels_and_reviewers_are_names(
    project: Project, alice: User, field: str, value: object
) -> None:
    with pytest.raises(Invalid) as caught:
        projects.update_project(alice, project, **{field: value})
    assert caught.value.code == f"{field}_invalid"


def test_labels_and_reviewers_are_kept(project: Project, alice: User) -> None:
    projects.update_project(alice, project, labels=["bug"], reviewers=["bob", "acme/tills"])
    project.refresh_from_db()
    assert (project.labels, project.reviewers) == (["bug"], ["bob", "acme/tills"])
