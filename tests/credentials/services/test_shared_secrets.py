"""What other systems sign with is sealed for its row, opened by the wiring, and rotated."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from clusters import wiring
from clusters.models import Project
from credentials.errors import Conflict, Invalid
from credentials.models import SharedSecret, Team, User
from credentials.services import rotation, shared_secrets
from credentials.services.keys import KeyUnreadable
from tests import factories

VALUE = "whsec_a-secret-of-this-test"
NEW_RING = "new:" + "bmV3" * 10 + "bmU,"


@pytest.fixture
def secret(alice: User, team: Team) -> SharedSecret:
    return shared_secrets.create(team, "source: Crashes", VALUE, alice)


def test_it_comes_back_as_it_was(secret: SharedSecret, alice: User) -> None:
    secret.refresh_from_db()
    assert shared_secrets.reveal(secret) == VALUE
    assert VALUE not in secret.ciphertext
    assert (secret.created_by, secret.last_four) == (alice, "test")


def test_another_value_takes_its_place(secret: SharedSecret) -> None:
    shared_secrets.replace(secret, "another-value-entirely")
    secret.refresh_from_db()
    assert shared_secrets.reveal(secret) == "another-value-entirely"


def test_it_opens_in_no_other_row(secret: SharedSecret, team: Team) -> None:
    other = shared_secrets.create(team, "source: Slack", "something-else", None)
    other.ciphertext = secret.ciphertext
    with pytest.raises(KeyUnreadable) as caught:
        shared_secrets.reveal(other)
    assert VALUE not in caught.value.message


def test_it_opens_in_no_other_team(secret: SharedSecret) -> None:
    secret.team = factories.make_team("Elsewhere")
    with pytest.raises(KeyUnreadable):
        shared_secrets.reveal(secret)


@pytest.mark.parametrize("value", ["", "x" * 501, "a\0b"])
def test_what_cannot_be_a_secret_is_refused_and_leaves_nothing(team: Team, value: str) -> None:
    with pytest.raises(Invalid):
        shared_secrets.create(team, "source", value, None)
    assert not SharedSecret.objects.exists()


def test_of_a_short_one_no_part_is_shown(team: Team) -> None:
    assert shared_secrets.create(team, "source", "short-one", None).last_four == ""


def test_without_a_key_ring_nothing_is_stored(team: Team, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ""
    with pytest.raises(Conflict, match="SOULCASTER_KEYS"):
        shared_secrets.create(team, "source", VALUE, None)
    assert not SharedSecret.objects.exists()


def test_rotation_encrypts_it_anew(secret: SharedSecret, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = NEW_RING + settings.ENCRYPTION_KEYS
    assert (rotation.rotate().rotated, rotation.rotate().current) == (1, 1)
    secret.refresh_from_db()
    assert secret.key_id == "new"
    settings.ENCRYPTION_KEYS = NEW_RING.rstrip(",")
    assert shared_secrets.reveal(secret) == VALUE


def test_rotation_changes_nothing_when_one_does_not_open(
    secret: SharedSecret, team: Team, settings: Settings
) -> None:
    broken = shared_secrets.create(team, "source", VALUE, None)
    SharedSecret.objects.filter(pk=broken.pk).update(ciphertext=secret.ciphertext)
    settings.ENCRYPTION_KEYS = NEW_RING + settings.ENCRYPTION_KEYS
    with pytest.raises(Conflict, match=f"shared secret {broken.pk}"):
        rotation.rotate()
    secret.refresh_from_db()
    assert secret.key_id == "tests"


def test_the_wiring_hands_over_a_sources_secret(secret: SharedSecret, project: Project) -> None:
    signed = factories.make_source(project, kind="slack", name="Slack", secret=secret)
    assert wiring.source_secret(signed) == VALUE
    assert wiring.source_secret(factories.make_source(project, name="Open")) == ""
