from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from credentials.errors import NotFound
from credentials.models import Credential, CredentialUse, Team, User
from credentials.services import credentials, keys
from credentials.services.keys import KeyUnreadable
from tests.credentials.conftest import CANARY

TEAM_KEY = "sk-ant-of-the-whole-team"
OPERATORS = "sk-ant-of-the-operator"


@pytest.fixture
def team_key(alice: User, team: Team) -> Credential:
    return credentials.add(alice, team, "anthropic", TEAM_KEY)


@pytest.fixture(autouse=True)
def operators_key(settings: Settings) -> None:
    settings.MODEL_KEYS = {"anthropic": OPERATORS}
    settings.MODEL_BASE_URLS = {"anthropic": ""}


def secret(user: User | None, team: Team | None, chosen: int | None = None) -> str:
    found = keys.reveal("anthropic", user=user, team=team, chosen=chosen)
    assert found is not None
    return found.secret


def test_the_chosen_key_goes_before_ones_own_then_the_teams_then_the_operators(
    own_key: Credential, team_key: Credential, alice: User, team: Team
) -> None:
    assert secret(alice, team, chosen=team_key.pk) == TEAM_KEY
    assert secret(alice, team) == CANARY
    credentials.revoke(alice, own_key.pk)
    assert secret(alice, team) == TEAM_KEY
    credentials.revoke(alice, team_key.pk)
    assert secret(alice, team) == OPERATORS


def test_there_may_be_no_key(alice: User, team: Team) -> None:
    assert keys.reveal("openai", user=alice, team=team) is None
    assert not keys.is_there("openai", user=alice, team=team)


def test_an_operators_key_is_there_for_everybody_but_stored_by_nobody(alice: User) -> None:
    assert keys.is_there("anthropic", user=alice, team=None)
    assert not keys.is_there("anthropic", user=alice, team=None, operators=False)


def test_anothers_key_is_never_used(own_key: Credential, bob: User, team: Team) -> None:
    assert secret(bob, team) == OPERATORS
    with pytest.raises(NotFound):
        keys.reveal("anthropic", user=bob, team=team, chosen=own_key.pk)


def test_a_chosen_key_that_is_gone_is_not_replaced_in_silence(
    own_key: Credential, alice: User
) -> None:
    credentials.revoke(alice, own_key.pk)
    with pytest.raises(NotFound):
        keys.reveal("anthropic", user=alice, team=None, chosen=own_key.pk)


def test_an_expired_key_is_not_used(own_key: Credential, alice: User) -> None:
    Credential.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert secret(alice, None) == OPERATORS


def test_the_key_of_a_closed_account_is_not_used(own_key: Credential, alice: User) -> None:
    alice.is_active = False
    assert secret(alice, None) == OPERATORS


def test_every_use_is_written_down(own_key: Credential, alice: User, team: Team) -> None:
    keys.reveal("anthropic", user=alice, team=team, job=41)
    keys.reveal("anthropic", user=alice, team=team, purpose="plan")
    own_key.refresh_from_db()
    assert own_key.last_used_at is not None
    uses = CredentialUse.objects.order_by("id").values_list("credential", "job_id", "purpose")
    assert list(uses) == [(own_key.pk, 41, "job"), (own_key.pk, None, "plan")]


def test_asking_whether_there_is_a_key_uses_none(own_key: Credential, alice: User) -> None:
    assert keys.is_there("anthropic", user=alice, team=None)
    assert not CredentialUse.objects.exists()


def test_a_ciphertext_moved_to_another_owner_does_not_open(
    own_key: Credential, team_key: Credential, bob: User
) -> None:
    stolen = Credential.objects.create(
        user=bob, provider="anthropic", ciphertext=own_key.ciphertext, key_id=own_key.key_id
    )
    with pytest.raises(KeyUnreadable, match=f"number {stolen.pk}") as refusal:
        keys.reveal("anthropic", user=bob, team=None)
    assert own_key.ciphertext not in str(refusal.value)
    Credential.objects.filter(pk=team_key.pk).update(ciphertext=own_key.ciphertext)
    with pytest.raises(KeyUnreadable):
        keys.reveal("anthropic", user=None, team=team_key.team)


def test_a_key_keeps_its_own_address_or_goes_through_the_operators_gateway(
    alice: User, settings: Settings
) -> None:
    settings.MODEL_BASE_URLS = {"anthropic": "https://gateway.example"}
    key = credentials.add(alice, alice, "anthropic", CANARY)
    first = keys.reveal("anthropic", user=alice, team=None)
    credentials.replace(alice, key.pk, CANARY, base_url="https://own.example/")
    second = keys.reveal("anthropic", user=alice, team=None)
    assert first is not None
    assert second is not None
    assert (first.base_url, second.base_url) == ("https://gateway.example", "https://own.example")


def test_the_scrubber_is_told_every_secret(
    own_key: Credential, alice: User, settings: Settings
) -> None:
    revealed = keys.reveal("anthropic", user=alice, team=None)
    assert revealed is not None
    secrets = keys.all_secrets([revealed])
    assert {CANARY, OPERATORS, settings.SECRET_KEY} <= set(secrets)
    assert settings.ENCRYPTION_KEYS.partition(":")[2] in secrets
