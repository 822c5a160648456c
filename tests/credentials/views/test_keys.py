from __future__ import annotations

import re
import time
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse

from credentials.models import Credential, CredentialUse, Team, User
from credentials.recent import MINUTES, SESSION_KEY
from credentials.services import credentials, keys, sign_in
from tests.credentials.conftest import CANARY
from tests.factories import PASSWORD
from tests.stand_ins.providers import GOOD, ProviderServer

KEYS = "/settings/keys/"
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", re.IGNORECASE)


@pytest.fixture
def gateway(provider: ProviderServer) -> dict[str, str]:
    """What a person types to add a good key."""
    return {"provider": "anthropic", "secret": GOOD, "base_url": provider.url}


@pytest.fixture
def team_key(alice: User, team: Team) -> Credential:
    return credentials.add(alice, team, "openai", "sk-proj-of-the-whole-7q2x")


def make_old(client: Client) -> None:
    """As if the sign-in were long ago."""
    session = client.session
    session[SESSION_KEY] = int(time.time()) - MINUTES * 60 - 1
    session.save()


def words(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def everything_stored() -> str:
    """Every row of every table, sessions included."""
    with connection.cursor() as cursor:
        rows: list[Any] = []
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            rows += cursor.fetchall()
    sessions = [session.get_decoded() for session in Session.objects.all()]
    return f"{rows} {sessions}"


def test_without_keys_the_page_says_which_to_add_first(client: Client, alice: User) -> None:
    client.force_login(alice)
    page = words(client, KEYS)
    assert "Begin with a key for a model" in page
    assert "https://console.anthropic.com/settings/keys" in page


def test_a_key_is_stored_and_verified_at_once(
    client: Client, alice: User, gateway: dict[str, str]
) -> None:
    client.force_login(alice)
    answer = client.post(KEYS, gateway, follow=True)
    key = Credential.objects.get(user=alice)
    assert key.verified_at is not None
    assert keys.unseal(key) == GOOD
    assert "Anthropic takes it" in answer.content.decode()


def test_a_key_that_the_provider_refuses_is_kept_with_its_answer(
    client: Client, alice: User, gateway: dict[str, str]
) -> None:
    client.force_login(alice)
    page = client.post(KEYS, {**gateway, "secret": CANARY}, follow=True).content.decode()
    assert "Anthropic refused this key" in page
    assert Credential.objects.filter(user=alice, revoked_at=None).exists()


def test_a_key_that_cannot_be_one_is_refused_at_its_field(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.post(KEYS, {"provider": "openai", "secret": CANARY})
    assert answer.status_code == 200
    assert answer.context["form"].errors["secret"]
    assert CANARY not in answer.content.decode()


def test_the_value_is_on_no_page_in_no_log_and_in_no_row(
    client: Client,
    alice: User,
    provider: ProviderServer,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    alice.refresh_from_db()
    caplog.set_level("DEBUG")
    client.force_login(alice)
    typed = {"secret": CANARY, "base_url": provider.url}
    pages = [client.post(KEYS, {"provider": "anthropic", **typed}, follow=True)]
    pages.append(client.post(KEYS, {"provider": "anthropic", **typed}))  # a second one is refused
    key = Credential.objects.get(revoked_at=None)
    pages.append(client.post(reverse("key_verify", args=[key.pk]), follow=True))
    pages.append(client.post(reverse("key_replace", args=[key.pk]), typed, follow=True))
    key = Credential.objects.get(revoked_at=None)
    pages += [
        client.get(KEYS),
        client.get(reverse("key_replace", args=[key.pk])),
        client.get(reverse("admin:credentials_credential_changelist")),
        client.get(reverse("admin:credentials_credential_change", args=[key.pk])),
    ]
    assert [page.status_code for page in pages] == [200] * len(pages)
    printed = "".join(capsys.readouterr())
    texts = [page.content.decode() for page in pages]
    for text in (*texts, caplog.text, printed, everything_stored()):
        assert CANARY not in text
    assert not [page for page in texts if key.ciphertext in page]


def test_the_admin_shows_no_value_and_revokes(
    client: Client, alice: User, own_key: Credential
) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    client.force_login(User.objects.get(pk=alice.pk))
    address = reverse("admin:credentials_credential_changelist")
    chosen = {"action": "revoke", "_selected_action": [str(own_key.pk)]}
    assert own_key.ciphertext not in words(client, f"{address}{own_key.pk}/change/")
    assert client.get(f"{address}add/").status_code == 403
    assert client.post(address, chosen).status_code == 302
    own_key.refresh_from_db()
    assert (own_key.revoked_at is None, own_key.ciphertext) == (False, "")


def test_a_page_of_keys_is_kept_by_no_cache_and_has_no_inline_code(
    client: Client, alice: User, own_key: Credential, team: Team
) -> None:
    client.force_login(alice)
    replacing = reverse("key_replace", args=[own_key.pk])
    for address in (KEYS, reverse("team_keys", args=[team.pk]), replacing):
        answer = client.get(address)
        page = answer.content.decode()
        assert "no-store" in answer["Cache-Control"]
        assert not INLINE.findall(page)
        assert page.count("<h1") == 1


def test_uses_are_shown_with_their_jobs(client: Client, alice: User, own_key: Credential) -> None:
    keys.reveal("anthropic", user=alice, team=None, job=4711)
    client.force_login(alice)
    assert "job 4711" in words(client, KEYS)


def test_revoking_says_first_what_stops_working(
    client: Client, alice: User, own_key: Credential
) -> None:
    client.force_login(alice)
    assert "jobs end after plan and baseline" in words(client, KEYS)
    client.post(reverse("key_revoke", args=[own_key.pk]))
    own_key.refresh_from_db()
    assert own_key.revoked_at is not None
    assert CANARY[-4:] not in words(client, KEYS)


def test_replacing_takes_the_place_of_the_old_key(
    client: Client, alice: User, own_key: Credential, gateway: dict[str, str]
) -> None:
    client.force_login(alice)
    answer = client.post(reverse("key_replace", args=[own_key.pk]), gateway)
    assert answer["Location"] == KEYS
    assert keys.unseal(Credential.objects.get(revoked_at=None)) == GOOD


def test_a_key_that_has_no_check_is_stored_and_says_so(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.post(KEYS, {"provider": "kilocode", "secret": GOOD}, follow=True)
    assert "cannot be verified here" in answer.content.decode()
    key = Credential.objects.get()
    client.post(reverse("key_verify", args=[key.pk]))
    assert not CredentialUse.objects.exists()


@pytest.mark.parametrize("name", ["key_replace", "key_verify", "key_revoke"])
@pytest.mark.parametrize(
    ("who", "status"), [("bob", 403), ("carol", 403), ("mallory", 404), ("", 302)]
)
def test_only_owners_change_a_teams_keys(
    client: Client,
    bob: User,
    carol: User,
    mallory: User,
    team_key: Credential,
    name: str,
    who: str,
    status: int,
) -> None:
    if who:
        client.force_login(User.objects.get(username=who))
    typed = {"secret": "sk-proj-somebody-elses"}
    answer = client.post(reverse(name, args=[team_key.pk]), typed)
    assert answer.status_code == status
    if not who:
        assert answer["Location"].startswith(reverse("account_login"))
    assert list(Credential.objects.filter(revoked_at=None)) == [team_key]


@pytest.mark.parametrize("name", ["key_replace", "key_verify", "key_revoke"])
def test_a_persons_key_is_not_there_for_others(
    client: Client, bob: User, own_key: Credential, name: str
) -> None:
    client.force_login(bob)
    assert client.post(reverse(name, args=[own_key.pk])).status_code == 404


@pytest.mark.parametrize(
    ("who", "status", "adds"),
    [("alice", 200, True), ("bob", 200, False), ("carol", 200, False), ("mallory", 404, False)],
)
def test_members_see_a_teams_keys_and_owners_add_them(
    client: Client,
    bob: User,
    carol: User,
    mallory: User,
    team: Team,
    team_key: Credential,
    who: str,
    status: int,
    adds: bool,
) -> None:
    client.force_login(User.objects.get(username=who))
    address = reverse("team_keys", args=[team.pk])
    answer = client.get(address)
    assert answer.status_code == status
    page = answer.content.decode()
    assert (team_key.last_four in page) == (status == 200)
    assert ("Store and verify" in page) == adds
    client.post(address, {"provider": "kilocode", "secret": GOOD})
    assert Credential.objects.filter(team=team, provider="kilocode").exists() == adds


@pytest.mark.parametrize("name", ["key_verify", "key_revoke"])
def test_changing_is_no_get(client: Client, alice: User, own_key: Credential, name: str) -> None:
    client.force_login(alice)
    assert client.get(reverse(name, args=[own_key.pk])).status_code == 405


def test_a_stranger_is_asked_to_sign_in(client: Client, db: None) -> None:
    assert client.get(KEYS)["Location"].startswith(reverse("account_login"))


def test_long_after_sign_in_nothing_is_stored_nor_kept_for_later(
    client: Client, alice: User, own_key: Credential
) -> None:
    client.force_login(alice)
    make_old(client)
    secret = "sk-proj-typed-too-late"
    replacing = reverse("key_replace", args=[own_key.pk])
    for address in (KEYS, replacing):
        page = client.post(address, {"provider": "openai", "secret": secret}, follow=True)
        assert "Nothing was stored" in page.content.decode()
        assert 'name="secret"' not in page.content.decode()
    assert list(Credential.objects.filter(revoked_at=None)) == [own_key]
    assert secret not in everything_stored()


def test_the_password_once_more_is_enough(client: Client, alice: User) -> None:
    client.force_login(alice)
    make_old(client)
    found = re.search(r'href="(/accounts/reauthenticate/[^"]*)"', words(client, KEYS))
    assert found is not None
    assert "Is it you?" in words(client, found[1])
    answer = client.post(found[1], {"password": PASSWORD, "next": KEYS})
    assert answer["Location"] == KEYS
    assert 'name="secret"' in words(client, KEYS)


def test_a_wrong_password_is_not_enough(client: Client, alice: User) -> None:
    client.force_login(alice)
    make_old(client)
    client.post(reverse("account_reauthenticate"), {"password": "wrong", "next": KEYS})
    assert 'name="secret"' not in words(client, KEYS)


def test_without_a_password_a_new_sign_in_is_asked_for(client: Client, alice: User) -> None:
    alice.set_unusable_password()
    alice.save()
    client.post(sign_in.create_link(alice))
    assert 'name="secret"' in words(client, KEYS)
    make_old(client)
    page = words(client, KEYS)
    assert 'name="secret"' not in page
    assert "sign_in_link alice" in page
    client.post(sign_in.create_link(alice))
    assert 'name="secret"' in words(client, KEYS)


def test_the_first_key_is_two_pages_from_the_empty_inbox(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert f'href="{KEYS}"' in words(client, reverse("inbox"))
