"""The list to choose from holds what the person can write to, and nothing else."""

from __future__ import annotations

import pytest

from clusters.forges.base import ForgeError
from clusters.forges.github import listing
from clusters.forges.github.client import Client
from clusters.forges.github.errors import Place
from tests.stand_ins.github.fixtures import github
from tests.stand_ins.github.server import GitHubServer

__all__ = ["github"]


@pytest.fixture
def client(github: GitHubServer) -> Client:
    """GitHub as Dana."""
    return _client(github, github.add_user("dana"))


def _client(github: GitHubServer, token: str) -> Client:
    place = Place("", github.url, f"{github.url}/settings", token)
    return Client(token, place, api_url=github.api_url, wait=lambda seconds: None)


def _names(found: listing.Listing) -> set[str]:
    return {each.full_name for each in found.repositories}


def test_own_shared_and_none_of_the_others(github: GitHubServer, client: Client) -> None:
    for name in ("dana/own", "erin/shared", "erin/readable", "erin/hidden"):
        github.add_repository(name)
    github.grant("erin/shared", "dana", "write")
    github.grant("erin/readable", "dana", "read")
    assert _names(listing.repositories(client)) == {"dana/own", "erin/shared"}


def test_private_ones_are_told(github: GitHubServer, client: Client) -> None:
    github.add_repository("dana/secret", private=True)
    github.add_repository("dana/public", private=False)
    found = listing.repositories(client).repositories
    assert {each.full_name: each.private for each in found} == {
        "dana/secret": True,
        "dana/public": False,
    }


def test_an_archive_is_not_offered(github: GitHubServer, client: Client) -> None:
    github.add_repository("dana/old")
    github.archive("dana/old")
    assert _names(listing.repositories(client)) == set()


def test_every_word_counts(github: GitHubServer, client: Client) -> None:
    for name in ("dana/till-web", "dana/till-api", "dana/web"):
        github.add_repository(name)
    assert _names(listing.repositories(client, "Till WEB")) == {"dana/till-web"}
    assert _names(listing.repositories(client, "dana/")) == {
        "dana/till-web",
        "dana/till-api",
        "dana/web",
    }
    assert _names(listing.repositories(client, "nothing")) == set()


def test_a_whole_name_is_found_first_and_once(github: GitHubServer, client: Client) -> None:
    github.add_repository("dana/till")
    found = listing.repositories(client, "dana/till")
    assert [each.full_name for each in found.repositories] == ["dana/till"]


@pytest.mark.parametrize("query", ["../user", "dana/../../user", "dana/till?x=1", "a/b/c", "/"])
def test_a_query_is_no_path(github: GitHubServer, client: Client, query: str) -> None:
    listing.repositories(client, query)
    assert {call.path for call in github.calls} == {"/user/repos"}


def test_a_search_goes_on_where_it_ended(
    github: GitHubServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PER_PAGE", 1)
    monkeypatch.setattr(listing, "MOST_PAGES", 2)
    monkeypatch.setattr(listing, "ENOUGH", 2)
    names = {f"dana/r{n}" for n in range(3)}
    for name in names:
        github.add_repository(name)
    first = listing.repositories(client, "r")
    assert len(first.repositories) == 2
    assert first.next_page == 3
    last = listing.repositories(client, "r", first.next_page)
    assert last.next_page is None
    assert _names(first) | _names(last) == names


def test_a_token_that_is_not_taken(github: GitHubServer) -> None:
    token = github.add_user("dana")
    github.revoke(token)
    with pytest.raises(ForgeError) as caught:
        listing.repositories(_client(github, token), "dana/own")
    assert caught.value.code == "token_invalid"
    assert token not in str(caught.value)
