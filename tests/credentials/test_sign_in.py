from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from credentials.errors import Invalid
from credentials.models import SignInLink, User
from credentials.services import sign_in
from tests import factories


def text_of(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def test_a_link_signs_in_once(alice: User) -> None:
    path = sign_in.create_link(alice)
    assert sign_in.redeem(text_of(path)) == alice
    with pytest.raises(Invalid):
        sign_in.redeem(text_of(path))


def test_an_old_link_signs_nobody_in(alice: User) -> None:
    path = sign_in.create_link(alice)
    SignInLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Invalid):
        sign_in.redeem(text_of(path))


def test_the_link_of_a_closed_account_is_refused(alice: User) -> None:
    path = sign_in.create_link(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(Invalid):
        sign_in.redeem(text_of(path))


def test_only_a_digest_of_a_link_is_stored(alice: User) -> None:
    path = sign_in.create_link(alice)
    assert text_of(path) not in str(list(SignInLink.objects.values()))


def test_the_command_prints_a_link_that_opens_the_inbox(
    db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("sign_in_link", "dora")
    path = capsys.readouterr().out.strip().removeprefix("http://testserver")
    client = Client()
    client.post(path)
    assert client.get("/").status_code == 200


def test_the_form_speaks_our_words(client: Client, db: None) -> None:
    page = client.get("/accounts/login/").content.decode()
    assert "Stay signed in" in page
    assert "placeholder" not in page


def test_a_password_signs_in(client: Client, alice: User) -> None:
    response = client.post("/accounts/login/", {"login": "alice", "password": factories.PASSWORD})
    assert (response.status_code, response.headers["Location"]) == (302, "/")
