from __future__ import annotations

from django.test import Client
from django.urls import reverse

from credentials.models import User
from credentials.services import sign_in
from tests.factories import PASSWORD


def test_a_link_signs_in_once(client: Client, alice: User) -> None:
    link = sign_in.create_link(alice)
    assert client.post(link)["Location"] == reverse("inbox")
    assert client.get(reverse("profile")).status_code == 200
    assert Client().post(link).status_code == 400


def test_opening_a_link_does_not_use_it_up(client: Client, alice: User) -> None:
    link = sign_in.create_link(alice)
    assert client.get(link).status_code == 200
    assert client.get(reverse("profile")).status_code == 302
    assert client.post(link).status_code == 302


def test_a_wrong_link_says_what_to_do(client: Client, db: None) -> None:
    answer = client.post(reverse("sign_in", args=["nonsense"]))
    assert answer.status_code == 400
    assert "sign_in_link" in answer.content.decode()


def test_the_login_page_says_how_to_get_a_link(client: Client, db: None) -> None:
    page = client.get(reverse("account_login")).content.decode()
    assert "bin/demo" in page
    assert 'name="password"' in page


def test_a_password_signs_in(client: Client, alice: User) -> None:
    answer = client.post(reverse("account_login"), {"login": "alice", "password": PASSWORD})
    assert answer["Location"] == reverse("inbox")
