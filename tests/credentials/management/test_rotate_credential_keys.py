from __future__ import annotations

import base64

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from credentials.models import Credential, Team, User
from credentials.services import credentials, keys
from tests.credentials.conftest import CANARY

NEW = "new:" + base64.b64encode(b"n" * 32).decode()
TEAM_KEY = "sk-proj-of-the-whole-team"


@pytest.fixture
def old(own_key: Credential, alice: User, team: Team, settings: Settings) -> str:
    """Two stored keys under the old ring, a revoked third one, and a new first key."""
    credentials.add(alice, team, "openai", TEAM_KEY)
    credentials.revoke(alice, credentials.add(alice, team, "slack", "xoxb-0123456789").pk)
    old: str = settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = f"{NEW},{old}"
    return old


def values() -> list[str]:
    return [keys.unseal(row) for row in Credential.objects.exclude(ciphertext="").order_by("id")]


def test_every_key_opens_with_the_new_key_alone(
    old: str, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("rotate_credential_keys")
    said = capsys.readouterr().out
    assert "anew: 2" in said
    assert CANARY not in said
    settings.ENCRYPTION_KEYS = NEW
    assert values() == [CANARY, TEAM_KEY]


def test_it_goes_on_where_it_stopped(
    old: str, own_key: Credential, capsys: pytest.CaptureFixture[str]
) -> None:
    keys.seal(own_key, CANARY)
    own_key.save()
    call_command("rotate_credential_keys")
    assert "anew: 1. With the first key already: 1." in capsys.readouterr().out


def test_a_row_that_does_not_open_stops_it_before_anything_is_changed(
    old: str, own_key: Credential
) -> None:
    Credential.objects.filter(pk=own_key.pk).update(ciphertext=own_key.ciphertext[:-4] + "AAAA")
    before = list(Credential.objects.values_list("ciphertext", flat=True))
    with pytest.raises(CommandError, match=rf"credential {own_key.pk} cannot be decrypted"):
        call_command("rotate_credential_keys")
    assert list(Credential.objects.values_list("ciphertext", flat=True)) == before


def test_without_a_ring_it_says_what_to_set(old: str, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ""
    with pytest.raises(CommandError, match="SOULCASTER_KEYS"):
        call_command("rotate_credential_keys")
