"""Connecting a repository on GitHub that was chosen from the list."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from clusters.models import Project
from credentials.models import Credential, Team, User
from credentials.services import credentials
from tests.factories import make_project
from tests.stand_ins.github.fixtures import github
from tests.stand_ins.github.server import GitHubServer

__all__ = ["github"]

LIST = "/projects/new/repositories/"
NEW = "/projects/new/"
CONNECT = "/projects/new/github/"


@pytest.fixture
def site(github: GitHubServer, settings: Settings, alice: User) -> GitHubServer:
    """GitHub, where Alice is called dana, has a private repository and may read another."""
    settings.GITHUB_URL, settings.GITHUB_API_URL = github.url, github.api_url
    settings.GITHUB_CLIENT_ID, settings.GITHUB_CLIENT_SECRET = "Iv1.soul", "app-secret"
    credentials.put(alice, alice, "github", github.add_user("dana"), scopes="repo,read:user")
    github.add_repository("dana/till")
    github.add_repository("erin/readable")
    github.grant("erin/readable", "dana", "read")
    return github


@pytest.fixture
def page(client: Client, alice: User, team: Team) -> Client:
    """Alice's browser."""
    client.force_login(alice)
    return client


def test_the_list_is_asked_for_by_the_page(page: Client, site: GitHubServer) -> None:
    shown = page.get(NEW).content.decode()
    assert f'hx-get="{LIST}"' in shown
    assert not site.calls


def test_the_list_shows_what_can_be_connected(page: Client, site: GitHubServer) -> None:
    shown = page.get(LIST).content.decode()
    assert 'value="dana/till"' in shown
    assert "private" in shown
    assert "erin/readable" not in shown


def test_without_scripts_the_page_itself_searches(page: Client, site: GitHubServer) -> None:
    shown = page.get(NEW, {"q": "till"}).content.decode()
    assert 'value="dana/till"' in shown
    assert "Nothing of that name" in page.get(NEW, {"q": "barn"}).content.decode()


def test_a_repository_is_connected(page: Client, site: GitHubServer, team: Team) -> None:
    answer = page.post(CONNECT, {"repository": "dana/till", "team": team.pk})
    project = Project.objects.get()
    assert answer["Location"] == reverse("project_import", args=[project.pk])
    assert (project.forge, project.repository, project.name, project.team) == (
        "github",
        "dana/till",
        "till",
        team,
    )


def test_a_taken_name_gets_its_owner_in_front(page: Client, site: GitHubServer, team: Team) -> None:
    make_project(team, name="till")
    page.post(CONNECT, {"repository": "dana/till", "team": team.pk})
    assert Project.objects.get(forge="github").name == "dana/till"


def test_a_former_name_is_followed(page: Client, site: GitHubServer, team: Team) -> None:
    site.rename("dana/till", "cash")
    page.post(CONNECT, {"repository": "dana/till", "team": team.pk})
    assert Project.objects.get().repository == "dana/cash"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("erin/readable", "may not write"),
        ("erin/hidden", "shows no repository"),
        ("../../etc/passwd", "owner/name"),
        ("", "Choose a repository"),
    ],
)
def test_nothing_else_is_connected(
    page: Client, site: GitHubServer, team: Team, name: str, reason: str
) -> None:
    site.add_repository("erin/hidden")
    answer = page.post(CONNECT, {"repository": name, "team": team.pk}, follow=True)
    assert reason in answer.content.decode()
    assert not Project.objects.exists()


def test_a_repository_goes_into_no_team_of_others(
    page: Client, site: GitHubServer, mallory: User
) -> None:
    other = Team.objects.get(memberships__user=mallory)
    answer = page.post(CONNECT, {"repository": "dana/till", "team": other.pk}, follow=True)
    assert "one of your teams" in answer.content.decode()
    assert not Project.objects.exists()


def test_a_viewer_connects_nothing_for_the_team(
    client: Client, carol: User, site: GitHubServer, team: Team
) -> None:
    client.force_login(carol)
    client.post(CONNECT, {"repository": "dana/till", "team": team.pk})
    assert not Project.objects.exists()
    assert not site.calls


def test_one_persons_token_lists_nothing_for_another(
    client: Client, bob: User, site: GitHubServer
) -> None:
    client.force_login(bob)
    shown = client.get(LIST).content.decode()
    assert "dana/till" not in shown
    assert "no GitHub token of yours" in shown
    assert "Connect your account" in client.get(NEW).content.decode()
    assert not site.calls


def test_a_refused_token_is_used_no_more(page: Client, site: GitHubServer) -> None:
    for token in list(site.state.tokens):
        site.revoke(token)
    shown = page.get(LIST).content.decode()
    assert "Connect GitHub again" in shown
    assert Credential.objects.get().revoked_at
    assert Credential.objects.get().ciphertext == ""
    before = len(site.calls)
    page.get(LIST)
    assert len(site.calls) == before


def test_github_that_is_down_is_said_and_the_token_kept(page: Client, site: GitHubServer) -> None:
    site.limit_next(retry_after=3600)
    assert "limit" in page.get(LIST).content.decode()
    assert Credential.objects.get().is_active


@pytest.mark.parametrize("number", ["-1", "0", "x", "9" * 400, "²"])
def test_a_page_that_is_no_number_is_the_first(
    page: Client, site: GitHubServer, number: str
) -> None:
    assert 'value="dana/till"' in page.get(LIST, {"page": number}).content.decode()


@pytest.mark.parametrize("address", [LIST, NEW, CONNECT])
def test_a_stranger_is_asked_to_sign_in(client: Client, db: None, address: str) -> None:
    assert client.post(address)["Location"].startswith(reverse("account_login"))


def test_wrong_verbs(page: Client, site: GitHubServer) -> None:
    assert page.get(CONNECT).status_code == 405
    assert page.post(LIST).status_code == 405
