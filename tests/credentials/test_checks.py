from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from credentials import checks
from credentials.models import Credential, Team
from credentials.services import shared_secrets


def test_a_key_ring_that_reads_is_fine() -> None:
    assert checks.key_ring_reads(None) == []
    assert checks.key_ring_for_production(None) == []


@pytest.mark.parametrize("text", ["nonsense", "k1:tooshort"])
def test_a_key_ring_that_does_not_read_is_an_error(settings: Settings, text: str) -> None:
    settings.ENCRYPTION_KEYS = text
    assert [error.id for error in checks.key_ring_reads(None)] == ["soulcaster.E004"]


def test_stored_keys_without_a_ring_are_an_error(own_key: Credential, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ""
    with pytest.raises(CommandError, match=r"E004.*no stored key can be read"):
        call_command("check", databases=["default"])


def test_secrets_of_sources_need_the_ring_too(team: Team, settings: Settings) -> None:
    shared_secrets.create(team, "source", "a-secret-of-this-test", None)
    settings.ENCRYPTION_KEYS = ""
    assert [error.id for error in checks.key_ring_is_there(None, ["default"])] == [
        "soulcaster.E004"
    ]


def test_without_stored_keys_no_ring_is_needed(db: None, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ""
    assert checks.key_ring_is_there(None, databases=["default"]) == []


def test_production_needs_a_ring(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ""
    assert [error.id for error in checks.key_ring_for_production(None)] == ["soulcaster.E004"]
