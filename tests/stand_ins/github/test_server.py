"""Who gets in, what goes wrong on demand, and that nothing passes by accident."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import requests
from github import (
    BadCredentialsException,
    GithubException,
    RateLimitExceededException,
    UnknownObjectException,
)

from tests.stand_ins.github.contract import load
from tests.stand_ins.github.npm import Unavailable
from tests.stand_ins.github.server import OPERATIONS, Call, GitHubServer
from tests.stand_ins.github.test_pulls import client


@pytest.fixture
def alice(github: GitHubServer) -> str:
    """A token of alice, who owns alice/app."""
    token = github.add_user(
        "alice", scopes=["repo", "read:user", "user:email"], email="a@till.test"
    )
    github.add_repository("alice/app")
    return token


def test_a_person_with_her_addresses_and_scopes(github: GitHubServer, alice: str) -> None:
    me = client(github, alice).get_user()
    assert (me.login, next(each.email for each in me.get_emails())) == ("alice", "a@till.test")
    assert client(github, alice).get_user("alice").id == me.id
    answer = requests.get(f"{github.url}/user", headers={"Authorization": f"token {alice}"})
    assert answer.headers["X-OAuth-Scopes"] == "read:user, repo, user:email"
    assert github.calls[-1] == Call("GET", "/user", 200) == ("GET", "/user", 200)


def test_an_unknown_and_a_revoked_token_are_bad_credentials(
    github: GitHubServer, alice: str
) -> None:
    github.revoke(alice)
    for token in (alice, "ghp_unknown"):
        with pytest.raises(BadCredentialsException) as error:
            client(github, token).get_user().login  # noqa: B018
        assert error.value.data["message"] == "Bad credentials"


def test_a_private_repository_is_not_there_for_others(github: GitHubServer, alice: str) -> None:
    stranger = github.add_user("mallory")
    unscoped = github.add_token("alice", ["read:user"])
    for token in (stranger, unscoped):
        with pytest.raises(UnknownObjectException):
            client(github, token).get_repo("alice/app")


def test_a_reader_opens_nothing(github: GitHubServer, alice: str) -> None:
    reader = github.add_user("rob")
    github.grant("alice/app", "rob", "read")
    github.commit("alice/app", {"x": "x"}, branch="fix")
    repository = client(github, reader).get_repo("alice/app")
    assert (repository.permissions.pull, repository.permissions.push) == (True, False)
    with pytest.raises(GithubException) as error:
        repository.create_pull(base="main", head="fix", title="t")
    assert error.value.status == 422


def test_single_sign_on_names_the_address(github: GitHubServer, alice: str) -> None:
    github.add_organisation("acme", members={"alice": "admin"}, sso=True)
    github.add_repository("acme/till")
    hub = client(github, alice)
    with pytest.raises(GithubException) as error:
        hub.get_repo("acme/till")
    headers = error.value.headers or {}
    assert (error.value.status, headers["x-github-sso"][:14]) == (403, "required; url=")
    assert [each.full_name for each in hub.get_user().get_repos()] == ["alice/app"]
    github.authorize_sso(alice, "acme")
    assert hub.get_repo("acme/till").private
    assert hub.get_organization("acme").login == "acme"


def test_lists_come_in_pages(github: GitHubServer, alice: str) -> None:
    for number in range(4):
        github.add_repository(f"alice/r{number}", empty=True)
    names = [each.name for each in client(github, alice).get_user().get_repos()]
    assert names == ["app", "r0", "r1", "r2", "r3"]
    address = f"{github.api_url}/user/repos?per_page=2&page=2"
    answer = requests.get(address, headers={"Authorization": f"Bearer {alice}"})
    assert [each["name"] for each in answer.json()] == ["r1", "r2"]
    assert set(answer.links) == {"prev", "next", "first", "last"}


def test_a_renamed_and_a_transferred_repository_lead_on(github: GitHubServer, alice: str) -> None:
    github.add_organisation("acme", members={"alice": "admin"})
    github.rename("alice/app", "shop")
    github.transfer("alice/shop", "acme")
    answer = requests.get(
        f"{github.api_url}/repos/alice/app",
        headers={"Authorization": f"Bearer {alice}"},
        allow_redirects=False,
    )
    number = github.repository("acme/shop").id
    assert answer.status_code == 301
    assert answer.headers["Location"] == f"{github.api_url}/repositories/{number}"
    assert client(github, alice).get_repo("alice/app").full_name == "acme/shop"


def test_an_empty_and_an_archived_repository(github: GitHubServer, alice: str) -> None:
    github.add_repository("alice/void", empty=True)
    github.archive("alice/app")
    hub = client(github, alice)
    void, app = hub.get_repo("alice/void"), hub.get_repo("alice/app")
    assert (void.size, [*void.get_branches()], app.archived) == (0, [], True)
    with pytest.raises(GithubException) as empty:
        void.get_git_ref("heads/main")
    with pytest.raises(GithubException) as archived:
        app.create_git_ref("refs/heads/x", app.get_branch("main").commit.sha)
    assert (empty.value.status, archived.value.status) == (409, 403)


def test_failures_come_as_often_as_they_were_asked_for(github: GitHubServer, alice: str) -> None:
    hub = client(github, alice)
    github.fail_next(502, path_contains="/repos/", times=2)
    assert hub.get_user().login == "alice"
    for _ in range(2):
        with pytest.raises(GithubException) as error:
            hub.get_repo("alice/app")
        assert error.value.status == 502
    assert hub.get_repo("alice/app").name == "app"


def test_limits_say_when_to_come_back(github: GitHubServer, alice: str) -> None:
    github.limit_next(retry_after=7)
    with pytest.raises(RateLimitExceededException) as secondary:
        client(github, alice).get_repo("alice/app")
    assert (secondary.value.headers or {})["retry-after"] == "7"
    github.quota.limit = 0
    with pytest.raises(RateLimitExceededException) as primary:
        client(github, alice).get_repo("alice/app")
    headers = primary.value.headers or {}
    assert (headers["x-ratelimit-remaining"], int(headers["x-ratelimit-reset"])) == (
        "0",
        github.quota.reset,
    )
    assert client(github, alice).get_rate_limit().rate.remaining == 0


def test_an_answer_can_be_lost_after_the_deed(github: GitHubServer, alice: str) -> None:
    github.commit("alice/app", {"x": "x"}, branch="fix")
    app = client(github, alice).get_repo("alice/app")
    github.fail_next(504, method="POST", path_contains="/pulls", late=True)
    with pytest.raises(GithubException) as late:
        app.create_pull(base="main", head="fix", title="t")
    assert (late.value.status, len(github.repository("alice/app").pulls)) == (504, 1)

    github.break_next(path_contains="/pulls/1")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        app.get_pull(1)
    assert github.calls[-1].status == 0


def test_silence_lasts_until_it_is_released(github: GitHubServer, alice: str) -> None:
    silence = github.hang_next(path_contains="/user")
    failed: list[Exception] = []

    def ask() -> None:
        try:
            client(github, alice).get_user().login  # noqa: B018
        except requests.ConnectionError as error:
            failed.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    assert silence.arrived.wait(5)
    assert not failed
    silence.release()
    asking.join(5)
    assert len(failed) == 1


def test_what_is_not_there_says_so_and_is_a_violation(tmp_path: Path) -> None:
    server = GitHubServer(tmp_path).start()
    try:
        answer = requests.get(f"{server.api_url}/repos/alice/app/traffic/views")
    finally:
        server.stop()
    assert (answer.status_code, answer.json()["message"]) == (
        501,
        "Not implemented: GET /repos/alice/app/traffic/views",
    )
    assert server.violations == ["not implemented: GET /repos/alice/app/traffic/views"]


def test_a_request_that_breaks_the_description_is_a_violation(tmp_path: Path) -> None:
    server = GitHubServer(tmp_path).start()
    headers = {"Authorization": f"Bearer {server.add_user('alice')}"}
    server.add_repository("alice/app")
    server.commit("alice/app", {"x": "x"}, branch="fix")
    try:
        requests.post(
            f"{server.api_url}/repos/alice/app/pulls?speed=fast",
            headers=headers,
            json={"title": "t", "head": "fix", "base": "main", "draft": "yes", "bodi": "b"},
        )
        violations = server.violations
    except Unavailable as missing:
        pytest.skip(str(missing))
    finally:
        server.stop()
    assert violations == [
        "POST /repos/alice/app/pulls: request: there is no query parameter 'speed'",
        "POST /repos/alice/app/pulls: request: draft: 'yes' is not of type 'boolean'",
        "POST /repos/alice/app/pulls: request: there is no field 'bodi'",
    ]


def test_every_operation_is_one_of_github() -> None:
    try:
        description = load()
    except Unavailable as missing:
        pytest.skip(str(missing))
    assert [each for each in OPERATIONS if not description.has(*each)] == []
