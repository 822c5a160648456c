from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError
from pytest_django.fixtures import Settings

from credentials.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from credentials.models import AuditEvent, Credential, CredentialUse, Team, User
from credentials.services import credentials, keys
from credentials.services.credentials import Owner
from tests.credentials.conftest import CANARY
from tests.stand_ins.providers import GOOD, ProviderServer


def every_row() -> str:
    rows: list[Any] = [*Credential.objects.values(), *AuditEvent.objects.values()]
    return str([*rows, *CredentialUse.objects.values()])


def test_a_key_is_stored_encrypted_and_shown_by_its_end(own_key: Credential) -> None:
    assert CANARY not in every_row()
    assert own_key.last_four == CANARY[-4:]
    assert keys.unseal(own_key) == CANARY


def test_nothing_prints_the_value(own_key: Credential, alice: User) -> None:
    revealed = keys.reveal("anthropic", user=alice, team=None)
    assert CANARY not in f"{own_key!r} {own_key} {revealed!r}"


def test_a_short_key_does_not_show_its_end(alice: User) -> None:
    assert credentials.add(alice, alice, "openai", "sk-123456").last_four == ""


@pytest.mark.parametrize(
    ("name", "refusal"),
    [("alice", None), ("bob", Forbidden), ("carol", Forbidden), ("mallory", NotFound)],
)
def test_a_teams_keys_are_managed_by_its_owners(
    team: Team, bob: User, carol: User, mallory: User, name: str, refusal: type[AppError] | None
) -> None:
    user = User.objects.get(username=name)
    alice = User.objects.get(username="alice")
    old = credentials.add(alice, team, "openai", "sk-proj-of-the-team")
    acts: list[Callable[[], object]] = [
        lambda: credentials.add(user, team, "anthropic", CANARY),
        lambda: credentials.managed(user, old.pk),
        lambda: credentials.replace(user, old.pk, "sk-proj-another-one"),
        lambda: credentials.revoke(user, Credential.objects.latest("pk").pk),
    ]
    for act in acts:
        if refusal is None:
            act()
        else:
            with pytest.raises(refusal):
                act()


def test_a_persons_keys_are_nobody_elses(own_key: Credential, bob: User, alice: User) -> None:
    acts: list[Callable[[], object]] = [
        lambda: credentials.add(bob, alice, "openai", "sk-proj-for-somebody"),
        lambda: credentials.replace(bob, own_key.pk, CANARY),
        lambda: credentials.verify(bob, own_key.pk),
        lambda: credentials.revoke(bob, own_key.pk),
    ]
    for act in acts:
        with pytest.raises(NotFound):
            act()


def test_there_is_one_active_key_of_a_provider(own_key: Credential, alice: User) -> None:
    with pytest.raises(Conflict, match="replace it"):
        credentials.add(alice, alice, "anthropic", CANARY)
    with pytest.raises(IntegrityError):
        Credential.objects.create(user=alice, provider="anthropic")


@pytest.mark.parametrize("both", [True, False])
def test_a_key_has_one_owner(alice: User, team: Team, both: bool) -> None:
    owners: dict[str, Owner] = {"user": alice, "team": team} if both else {}
    with pytest.raises(IntegrityError):
        Credential.objects.create(provider="openai", **owners)


def test_replacing_makes_a_new_row_and_empties_the_old_one(
    own_key: Credential, alice: User
) -> None:
    new = credentials.replace(alice, own_key.pk, CANARY[::-1])
    own_key.refresh_from_db()
    assert own_key.revoked_at is not None
    assert own_key.ciphertext == ""
    assert keys.unseal(new) == CANARY[::-1]


def test_revoking_deletes_the_value_once(own_key: Credential, alice: User) -> None:
    credentials.revoke(alice, own_key.pk)
    credentials.revoke(alice, own_key.pk)
    own_key.refresh_from_db()
    assert own_key.ciphertext == ""
    assert AuditEvent.objects.filter(verb="credential.revoked").count() == 1


def test_a_sign_in_stores_whether_or_not_there_is_a_key(alice: User) -> None:
    first = credentials.put(alice, alice, "github", "gho_firstfirstfirst", scopes="repo")
    second = credentials.put(alice, alice, "github", "gho_secondsecondsec", scopes="repo")
    assert first.pk != second.pk
    assert list(credentials.of_owner(alice)) == [second]


def test_a_provider_that_refuses_a_key_for_good_revokes_it(own_key: Credential) -> None:
    credentials.refused(own_key.pk, "It was revoked there.", revoked=True)
    own_key.refresh_from_db()
    assert (own_key.verify_error, own_key.ciphertext) == ("It was revoked there.", "")


@pytest.mark.parametrize(
    ("provider", "secret", "base_url", "field"),
    [
        ("nobody", CANARY, "", "provider"),
        ("anthropic", "", "", "secret"),
        ("anthropic", "short", "", "secret"),
        ("anthropic", "x" * 5000, "", "secret"),
        ("anthropic", "sk-ant-with a blank", "", "secret"),
        ("anthropic", "sk-ant-line\r\nX-Header: 1", "", "secret"),
        ("anthropic", "sk-ant-ünïcode-key", "", "secret"),
        ("openai", CANARY, "", "secret"),
        ("aws", "no-colon-in-here", "", "secret"),
        ("github", "ghp_0123456789abcdef", "https://example.com", "base_url"),
        ("anthropic", CANARY, "ftp://example.com", "base_url"),
        ("anthropic", CANARY, "https://me:secret@example.com", "base_url"),
        ("anthropic", CANARY, "https://example.com/?next=", "base_url"),
        ("anthropic", CANARY, "http://127.0.0.1:8080", "base_url"),
        ("ollama", "not an address", "", "secret"),
        ("ollama", "http://[::1]:11434", "", "secret"),
        ("ollama", "http://169.254.169.254/latest", "", "secret"),
    ],
)
def test_a_key_that_cannot_be_one_is_refused_without_repeating_it(
    alice: User, provider: str, secret: str, base_url: str, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        credentials.add(alice, alice, provider, secret, base_url=base_url)
    assert field in refusal.value.fields
    assert len(secret) < 8 or secret not in str(refusal.value.fields)
    assert not Credential.objects.exists()


def test_without_a_key_ring_nothing_is_stored(alice: User, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ""
    with pytest.raises(Conflict, match="SOULCASTER_KEYS"):
        credentials.add(alice, alice, "anthropic", CANARY)
    assert not Credential.objects.exists()


def test_a_good_key_is_verified(alice: User, provider: ProviderServer) -> None:
    key = credentials.add(alice, alice, "anthropic", GOOD, base_url=provider.url)
    key = credentials.verify(alice, key.pk)
    assert key.verified_at is not None
    assert key.verify_error == ""
    assert key.last_used_at is None
    assert list(key.uses.values_list("purpose", flat=True)) == ["check"]


def test_a_refused_key_says_what_to_do_and_stays(alice: User, provider: ProviderServer) -> None:
    key = credentials.add(alice, alice, "anthropic", CANARY, base_url=provider.url)
    key = credentials.verify(alice, key.pk)
    assert key.verify_error.startswith("Anthropic refused this key")
    assert CANARY not in every_row()
    assert keys.unseal(key) == CANARY


def test_the_scopes_of_a_github_token_are_kept(
    alice: User, provider: ProviderServer, settings: Settings
) -> None:
    settings.GITHUB_API_URL = provider.url
    key = credentials.add(alice, alice, "github", GOOD)
    assert credentials.verify(alice, key.pk).scopes == "read:user,repo"


def test_an_ollama_is_asked_at_its_own_address(alice: User, provider: ProviderServer) -> None:
    key = credentials.add(alice, alice, "ollama", provider.url + "/")
    assert credentials.verify(alice, key.pk).verify_error == ""
    assert provider.calls[0][0] == "/api/tags"


def test_a_private_address_is_not_called_after_it_was_forbidden(
    alice: User, provider: ProviderServer, settings: Settings
) -> None:
    key = credentials.add(alice, alice, "ollama", provider.url)
    settings.PRIVATE_ADDRESSES = False
    assert "private network" in credentials.verify(alice, key.pk).verify_error
    assert provider.calls == []


@pytest.mark.parametrize(
    ("name", "value"), [("kilocode", GOOD), ("aws", "AKIAEXAMPLE:secret-of-it")]
)
def test_what_has_no_cheap_call_says_so(alice: User, name: str, value: str) -> None:
    key = credentials.add(alice, alice, name, value)
    with pytest.raises(Conflict, match="cannot be verified here"):
        credentials.verify(alice, key.pk)
