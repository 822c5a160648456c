"""Whose key opens sandboxes at E2B, and where they are looked for."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from agents import wiring
from agents.sandboxes.base import SandboxError
from agents.sandboxes.e2b import E2BProvider
from credentials.models import CredentialUse, Team, User
from credentials.services import credentials, keys

pytestmark = pytest.mark.django_db

OWN = "e2b_" + "a" * 40
TEAMS = "e2b_" + "b" * 40
OPERATORS = "e2b_" + "c" * 40


@pytest.fixture(autouse=True)
def operator(settings: Settings) -> None:
    settings.E2B_API_KEY = OPERATORS
    settings.E2B_TEMPLATE = "of-the-operator"
    settings.E2B_API_URL = settings.E2B_SANDBOX_URL = "http://127.0.0.1:1"


def test_a_job_opens_them_with_the_persons_key_then_the_teams_then_the_operators(
    alice: User, bob: User, team: Team
) -> None:
    def secret(user: User, job: int) -> str:
        opened = wiring.sandbox_provider("sandbox_builtin", user, team, job)
        assert isinstance(opened.provider, E2BProvider)
        assert opened.provider._account.template == "of-the-operator"
        assert opened.provider._account.api_url == "http://127.0.0.1:1"
        assert [opened.provider._account.key] == [key.secret for key in opened.revealed]
        return opened.revealed[0].secret

    assert secret(bob, 1) == OPERATORS
    credentials.add(alice, team, "e2b", TEAMS)
    assert secret(bob, 2) == TEAMS
    credentials.add(bob, bob, "e2b", OWN)
    assert secret(bob, 3) == OWN
    assert list(CredentialUse.objects.order_by("id").values_list("job_id", "purpose")) == [
        (2, "job"),
        (3, "job"),
    ]


def test_the_key_is_never_shown(bob: User, team: Team) -> None:
    credentials.add(bob, bob, "e2b", OWN)
    opened = wiring.sandbox_provider("sandbox_builtin", bob, team, 1)

    scrubber = wiring.scrubber(opened.revealed)
    assert OWN not in scrubber.scrub(f"key {OWN}, operator's {OPERATORS}")
    assert OPERATORS not in scrubber.scrub(f"key {OWN}, operator's {OPERATORS}")
    assert OWN not in repr(opened)


def test_without_a_key_it_says_how_to_get_one(bob: User, team: Team, settings: Settings) -> None:
    settings.E2B_API_KEY = ""

    with pytest.raises(SandboxError, match="Add a key for E2B"):
        wiring.sandbox_provider("sandbox_builtin", bob, team)
    assert not keys.is_there("e2b", user=bob, team=team)


def test_all_workers_of_an_installation_find_the_same_sandboxes_and_no_other_does(
    bob: User, team: Team, settings: Settings
) -> None:
    def name() -> str:
        opened = wiring.sandbox_provider("sandbox_builtin", bob, team)
        assert isinstance(opened.provider, E2BProvider)
        return opened.provider._installation

    first = name()
    assert name() == first
    settings.SECRET_KEY = "another" * 10
    assert name() != first


def test_only_where_a_key_is_inside_people_are_told_so(bob: User, team: Team) -> None:
    notes = {
        name: wiring.runner_info(name, bob, team).note for name in ("sandbox_kilo", "local_kilo")
    }

    assert notes["sandbox_kilo"] == ""
    assert "key is in the environment" in notes["local_kilo"]


def test_a_sandbox_of_this_machine_needs_no_key(bob: User, team: Team) -> None:
    assert wiring.sandbox_provider("local_builtin", bob, team).revealed == []
