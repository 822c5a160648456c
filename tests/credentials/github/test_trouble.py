"""Sign-ins that do not work say so, and change nothing."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import NoReverseMatch, reverse
from pytest_django.fixtures import Settings

from credentials.models import Credential, User
from credentials.services import teams
from tests.credentials.github.browser import CALLBACK, LOGIN, Browser
from tests.stand_ins.github.server import GitHubServer


def _nothing_happened(client: Client) -> None:
    assert not User.objects.exists()
    assert not Credential.objects.exists()
    assert client.get(reverse("profile")).status_code == 302


def test_saying_no_on_github(visitor: Browser) -> None:
    answer = visitor.client.get(visitor.refuse(visitor.begin()))
    assert answer.status_code == 403
    assert "You said no on GitHub" in answer.content.decode()
    _nothing_happened(visitor.client)


@pytest.mark.parametrize("query", ["", "code=abc", "code=abc&state=", "code=abc&state=made-up"])
def test_a_missing_or_invented_state(visitor: Browser, query: str) -> None:
    answer = visitor.client.get(f"{CALLBACK}?{query}")
    assert answer.status_code == 400
    assert "Begin again" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    _nothing_happened(visitor.client)


def test_a_state_of_another_browser(visitor: Browser) -> None:
    other = Browser(Client())
    address = visitor.agree(visitor.begin())
    assert other.client.get(address).status_code == 400
    _nothing_happened(other.client)


def test_a_state_works_once(visitor: Browser) -> None:
    address = visitor.agree(visitor.begin())
    assert visitor.client.get(address).status_code == 302
    visitor.client.post(reverse("account_logout"))
    assert visitor.client.get(address).status_code == 400
    assert visitor.client.get(reverse("profile")).status_code == 302


def test_a_state_is_used_up_by_a_refusal(visitor: Browser) -> None:
    address = visitor.refuse(visitor.begin())
    visitor.client.get(address)
    assert visitor.client.get(address).status_code == 400


def test_a_code_of_another_sign_in_proves_nothing(visitor: Browser) -> None:
    """Without the verifier of the browser that began, a code is worth nothing."""
    stolen = visitor.agree(Browser(Client()).begin()).partition("code=")[2].partition("&")[0]
    mine = visitor.agree(visitor.begin()).partition("state=")[2].partition("&")[0]
    answer = visitor.client.get(f"{CALLBACK}?code={stolen}&state={mine}")
    assert answer.status_code == 502
    _nothing_happened(visitor.client)


@pytest.mark.parametrize("path", ["/login/oauth/access_token", "/user"])
def test_github_that_does_not_answer(visitor: Browser, site: GitHubServer, path: str) -> None:
    address = visitor.agree(visitor.begin())
    site.fail_next(500, path_contains=path)
    answer = visitor.client.get(address)
    assert answer.status_code == 502
    assert "did not confirm" in answer.content.decode()
    _nothing_happened(visitor.client)


def test_a_wrong_secret_of_the_app(visitor: Browser, settings: Settings) -> None:
    settings.GITHUB_CLIENT_SECRET = "not-the-same-7f3a"
    answer = visitor.sign_in()
    assert answer.status_code == 502
    assert "not-the-same-7f3a" not in answer.content.decode()
    _nothing_happened(visitor.client)


def test_a_callback_that_the_app_does_not_know(visitor: Browser, settings: Settings) -> None:
    settings.SITE_URL = "http://elsewhere.example"
    answer = visitor.client.get(visitor.agree(visitor.begin()))
    assert answer.status_code == 502
    assert "callback address" in answer.content.decode()


def test_errors_of_strangers_are_not_repeated(visitor: Browser) -> None:
    state = visitor.begin().partition("state=")[2].partition("&")[0]
    answer = visitor.client.get(
        f"{CALLBACK}?error=odd&error_description=Call+555-0100&state={state}"
    )
    assert answer.status_code == 502
    assert "555-0100" not in answer.content.decode()


class TestWithoutAnApp:
    def test_the_sign_in_page_says_how_to_set_it_up(self, client: Client, db: None) -> None:
        page = client.get(reverse("account_login")).content.decode()
        assert "GITHUB_CLIENT_ID" in page
        assert "http://testserver/accounts/github/login/callback/" in page
        assert f'action="{LOGIN}"' not in page

    def test_the_address_behind_the_button_is_not_there(self, client: Client, db: None) -> None:
        assert client.post(LOGIN).status_code == 404
        assert client.get(f"{CALLBACK}?code=a&state=b").status_code == 404


def test_with_an_app_there_is_a_button(visitor: Browser) -> None:
    page = visitor.client.get(reverse("account_login")).content.decode()
    assert f'action="{LOGIN}"' in page
    assert "GITHUB_CLIENT_ID" not in page


@pytest.mark.parametrize(
    "path",
    [
        "signup/",
        "email/",
        "password/reset/",
        "password/change/",
        "password/set/",
        "confirm-email/",
        "login/code/",
        "3rdparty/",
        "3rdparty/signup/",
        "social/connections/",
    ],
)
def test_other_pages_of_allauth_are_closed(client: Client, alice: User, path: str) -> None:
    client.force_login(alice)
    assert client.get(f"/accounts/{path}").status_code == 404


def test_no_password_is_reset_by_mail() -> None:
    with pytest.raises(NoReverseMatch):
        reverse("account_reset_password")


def test_two_windows_at_once_make_one_account(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slower one is told to begin again, and leaves nothing half-made behind."""
    monkeypatch.setattr(teams, "personal_team", Mock(side_effect=IntegrityError))
    answer = visitor.sign_in()
    assert answer.status_code == 409
    _nothing_happened(visitor.client)
