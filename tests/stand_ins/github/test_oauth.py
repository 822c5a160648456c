"""The OAuth web flow, as an application and a browser walk through it."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.stand_ins.github.server import GitHubServer

CALLBACK = "http://product.test/accounts/github/login/callback/"
VERIFIER = "a-verifier-of-at-least-forty-three-characters"
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)


@pytest.fixture(autouse=True)
def _application(github: GitHubServer) -> None:
    github.add_user("alice")
    github.oauth_client("Iv1.soul", "secret", CALLBACK)


def authorize(github: GitHubServer, **more: str) -> requests.Response:
    query = {
        "client_id": "Iv1.soul",
        "redirect_uri": CALLBACK,
        "scope": "repo read:user",
        "state": "s&1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    address = f"{github.url}/login/oauth/authorize"
    return requests.get(address, params=query | more, allow_redirects=False)


def came_back(answer: requests.Response) -> dict[str, str]:
    assert answer.headers["Location"].startswith(CALLBACK)
    return {
        key: value[0] for key, value in parse_qs(urlsplit(answer.headers["Location"]).query).items()
    }


def exchange(github: GitHubServer, code: str, **more: str) -> dict[str, str]:
    form = {
        "client_id": "Iv1.soul",
        "client_secret": "secret",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    answer = requests.post(
        f"{github.url}/login/oauth/access_token",
        data=form | more,
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 200
    said: dict[str, str] = answer.json()
    return said


def test_a_code_becomes_a_token_once(github: GitHubServer) -> None:
    github.approve_as("alice")
    back = came_back(authorize(github))
    assert back["state"] == "s&1"
    token = exchange(github, back["code"])
    assert (token["scope"], token["token_type"]) == ("read:user,repo", "bearer")
    me = requests.get(
        f"{github.api_url}/user", headers={"Authorization": f"Bearer {token['access_token']}"}
    )
    assert me.json()["login"] == "alice"
    assert exchange(github, back["code"])["error"] == "bad_verification_code"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"client_secret": "guess"}, "incorrect_client_credentials"),
        ({"code_verifier": "guess"}, "bad_verification_code"),
        ({"redirect_uri": CALLBACK + "x"}, "redirect_uri_mismatch"),
    ],
)
def test_whoever_does_not_know_gets_nothing(
    github: GitHubServer, wrong: dict[str, str], error: str
) -> None:
    github.approve_as("alice")
    code = came_back(authorize(github))["code"]
    assert exchange(github, code, **wrong)["error"] == error


def test_a_page_asks_who_agrees(github: GitHubServer) -> None:
    page = authorize(github)
    assert (page.status_code, "Authorize as alice" in page.text) == (200, True)
    form = {
        "client_id": "Iv1.soul",
        "redirect_uri": CALLBACK,
        "scope": "repo",
        "state": "s",
        "login": "alice",
    }
    address = f"{github.url}/login/oauth/authorize"
    agreed = requests.post(address, data=form | {"authorize": "1"}, allow_redirects=False)
    denied = requests.post(address, data=form | {"authorize": "0"}, allow_redirects=False)
    assert exchange(github, came_back(agreed)["code"])["scope"] == "repo"
    assert came_back(denied)["error"] == "access_denied"


def test_a_foreign_address_is_never_sent_a_code(github: GitHubServer) -> None:
    github.approve_as("alice")
    back = came_back(authorize(github, redirect_uri="http://evil.test/"))
    assert back["error"] == "redirect_uri_mismatch"
    assert authorize(github, client_id="unknown").status_code == 404


def test_a_person_can_grant_less(github: GitHubServer) -> None:
    github.approve_as("alice", ["read:user"])
    assert exchange(github, came_back(authorize(github))["code"])["scope"] == "read:user"


def test_an_application_looks_at_its_token_and_revokes_it(github: GitHubServer) -> None:
    github.approve_as("alice")
    token = exchange(github, came_back(authorize(github))["code"])["access_token"]
    address = f"{github.api_url}/applications/Iv1.soul/token"
    own = ("Iv1.soul", "secret")
    statuses = [
        requests.post(address, auth=own, json={"access_token": token}).status_code,
        requests.delete(address, auth=("Iv1.soul", "no"), json={"access_token": token}).status_code,
        requests.delete(address, auth=own, json={"access_token": token}).status_code,
        requests.post(address, auth=own, json={"access_token": token}).status_code,
    ]
    assert statuses == [200, 404, 204, 404]
