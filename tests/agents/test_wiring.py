"""Whose key a job works with, and what that leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from agents import wiring
from agents.runners.builtin import BuiltinRunner
from agents.services import runners
from clusters import wiring as clusters_wiring
from clusters.models import Cluster, Plan
from clusters.services import plans
from credentials.models import Credential, CredentialUse, Team, User
from credentials.services import credentials

OWN = "sk-ant-canary-own-0f3b77c1"
TEAMS = "sk-ant-canary-team-91d2e8aa"
OPERATORS = "sk-ant-canary-operator-5e6f"


@pytest.fixture(autouse=True)
def no_model(settings: Settings) -> None:
    settings.MODEL = ""
    settings.MODEL_KEYS = dict.fromkeys(settings.MODEL_KEYS, "")
    settings.MODEL_BASE_URLS = {}


def secrets(prepared: wiring.Prepared) -> list[str]:
    return [key.secret for key in prepared.revealed]


def test_a_job_uses_the_requesters_key_then_the_teams_then_the_operators(
    alice: User, bob: User, team: Team, settings: Settings
) -> None:
    settings.MODEL = "anthropic:some-model"
    settings.MODEL_KEYS = {**settings.MODEL_KEYS, "anthropic": OPERATORS}
    assert secrets(wiring.prepare("local_builtin", user=bob, team=team, job=1)) == [OPERATORS]
    shared = credentials.add(alice, team, "anthropic", TEAMS)
    own = credentials.add(bob, bob, "anthropic", OWN)
    assert secrets(wiring.prepare("local_builtin", user=bob, team=team, job=2)) == [OWN]
    assert secrets(wiring.prepare("local_builtin", user=alice, team=team, job=3)) == [TEAMS]
    uses = CredentialUse.objects.order_by("id").values_list("credential", "job_id")
    assert list(uses) == [(own.pk, 2), (shared.pk, 3)]


def test_a_first_key_makes_the_built_in_agent_ready_without_a_chosen_model(
    alice: User, bob: User, team: Team
) -> None:
    assert wiring.runner_info("local_builtin", alice, team).note
    credentials.add(alice, alice, "anthropic", OWN)
    assert not wiring.runner_info("local_builtin", alice, team).note
    assert wiring.runner_info("local_builtin", bob, team).note
    prepared = wiring.prepare("local_builtin", user=alice, team=team, job=1)
    assert isinstance(prepared.runner, BuiltinRunner)


def test_an_operators_key_without_a_model_is_not_spent(
    alice: User, team: Team, settings: Settings
) -> None:
    settings.MODEL_KEYS = {**settings.MODEL_KEYS, "anthropic": OPERATORS}
    assert clusters_wiring.model_name(alice, team) == ""
    assert clusters_wiring.model_planner(alice, team) is None


def test_looking_at_runners_uses_no_key(alice: User, team: Team) -> None:
    credentials.add(alice, alice, "anthropic", OWN)
    runners.available(alice, team)
    assert not CredentialUse.objects.exists()


def test_a_key_that_does_not_open_is_a_problem_and_no_crash(alice: User, team: Team) -> None:
    key = credentials.add(alice, alice, "anthropic", OWN)
    Credential.objects.update(ciphertext=key.ciphertext[:-4] + "AAAA")
    prepared = wiring.prepare("local_builtin", user=alice, team=team, job=1)
    assert prepared.runner is None
    assert "cannot be read" in prepared.problem


def test_what_was_revealed_for_a_job_is_scrubbed_and_never_printed(alice: User, team: Team) -> None:
    credentials.add(alice, alice, "anthropic", OWN)
    prepared = wiring.prepare("local_builtin", user=alice, team=team, job=1)
    assert OWN not in repr(prepared)
    assert OWN not in wiring.scrubber(prepared.revealed).scrub(f"the key is {OWN}, keep it")


def test_a_plan_uses_the_key_of_who_asks_for_it(
    alice: User, cluster: Cluster, settings: Settings
) -> None:
    key = credentials.add(alice, alice, "anthropic", OWN, base_url="https://gateway.invalid")
    plan = plans.generate(alice, cluster)
    # The gateway does not exist, so the plan from the evidence takes over.
    assert plan.made_by == Plan.MadeBy.EVIDENCE
    assert "model could not write this plan" in plan.note
    assert list(key.uses.values_list("purpose", "job_id")) == [("plan", None)]


def test_an_address_that_is_none_is_a_problem_that_is_told(
    alice: User, team: Team, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "kilo"
    program.write_text("")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    settings.MODEL = "openai:some-model"
    settings.MODEL_KEYS = {**settings.MODEL_KEYS, "openai": OPERATORS}
    settings.MODEL_BASE_URLS = {"openai": "ftp://models.example"}

    prepared = wiring.prepare("local_kilo", user=alice, team=team, job=1)

    assert prepared.runner is None
    assert "not the address of a model server" in prepared.problem
    assert OPERATORS not in prepared.problem
