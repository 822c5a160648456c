from __future__ import annotations

from django.test import Client
from django.urls import reverse

from credentials.models import ApiToken, User
from credentials.services import tokens as service

TOKENS = "/settings/tokens/"
NEW = {"name": "nightly import", "scope": "write", "days": "30"}


def test_the_text_of_a_new_token_is_shown_once(client: Client, alice: User) -> None:
    client.force_login(alice)
    first = client.post(TOKENS, NEW)
    text = first.context["text"]
    assert text
    assert text in first.content.decode()
    assert text not in client.get(TOKENS).content.decode()
    assert "nightly import" in client.get(TOKENS).content.decode()


def test_a_page_with_a_token_on_it_is_kept_by_no_cache(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert "no-store" in client.post(TOKENS, NEW)["Cache-Control"]


def test_a_token_needs_a_name(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.post(TOKENS, {**NEW, "name": "  "})
    assert answer.status_code == 200
    assert answer.context["form"].errors["name"]
    assert not ApiToken.objects.exists()


def test_tokens_of_others_are_not_listed(client: Client, alice: User, bob: User) -> None:
    service.create(bob, "bobs own")
    client.force_login(alice)
    assert "bobs own" not in client.get(TOKENS).content.decode()


def test_revoking_ends_the_token(client: Client, alice: User) -> None:
    token, _ = service.create(alice, "old")
    client.force_login(alice)
    client.post(reverse("token_revoke", args=[token.pk]))
    token.refresh_from_db()
    assert not token.is_active


def test_nobody_revokes_the_token_of_another(client: Client, alice: User, mallory: User) -> None:
    token, _ = service.create(alice, "hers")
    client.force_login(mallory)
    assert client.post(reverse("token_revoke", args=[token.pk])).status_code == 404
    token.refresh_from_db()
    assert token.is_active


def test_revoking_is_no_get(client: Client, alice: User) -> None:
    token, _ = service.create(alice, "old")
    client.force_login(alice)
    assert client.get(reverse("token_revoke", args=[token.pk])).status_code == 405


def test_a_stranger_is_asked_to_sign_in(client: Client, db: None) -> None:
    answer = client.get(TOKENS)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))
