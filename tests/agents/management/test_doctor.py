"""`manage.py doctor`."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from agents import wiring
from credentials.models import User
from credentials.services import credentials
from tests.agents.services.doctoring import Patient

OWN = "sk-ant-canary-own-0f3b77c1"


@pytest.fixture(autouse=True)
def patient(settings: Settings, db: None, monkeypatch: pytest.MonkeyPatch) -> Patient:
    settings.MODEL = ""
    settings.MODEL_KEYS = {**dict.fromkeys(settings.MODEL_KEYS, ""), "openai": OWN}
    settings.MODEL_BASE_URLS = {}
    settings.CODING_AGENT_RUNNER = "local_scripted"
    patient = Patient()
    monkeypatch.setattr(wiring, "sandbox_provider", lambda *_: wiring.Sandboxes(patient))
    return patient


def run(*arguments: str) -> tuple[int, str]:
    """The exit code and what was said."""
    said = StringIO()
    try:
        call_command("doctor", *arguments, stdout=said)
    except SystemExit as end:
        return int(str(end.code)), said.getvalue()
    return 0, said.getvalue()


def test_it_says_everything_and_ends_well_when_the_default_can_run() -> None:
    code, said = run()
    assert code == 0
    assert "The default runner local_scripted can run." in said
    assert "Redis or Valkey (redis): It does not answer." in said  # not what the runner needs


def test_it_ends_with_1_when_the_default_cannot_run(settings: Settings, patient: Patient) -> None:
    patient.error = "No disk is left."
    assert run()[0] == 1
    patient.error = ""
    settings.CODING_AGENT_RUNNER = "moon_kilo"
    code, said = run()
    assert code == 1
    assert "there is no such runner here" in said


def test_json_is_for_programs(patient: Patient) -> None:
    patient.error = "No disk is left."
    code, said = run("--json")
    told = json.loads(said)
    assert (code, told["default_runner"], told["runs"]) == (1, "local_scripted", False)
    assert {line["state"] for lines in told["parts"].values() for line in lines} >= {"problem"}
    assert "installation" in told["parts"]
    assert told["parts"]["local"][0] == {
        "name": "local",
        "title": "This machine",
        "state": "problem",
        "sentence": "No disk is left.",
        "remedy": told["parts"]["local"][0]["remedy"],
    }


def test_it_sees_with_the_keys_of_a_person(bob: User) -> None:
    assert "There is no key for a model" in run()[1]
    credentials.add(bob, bob, "anthropic", OWN)
    said = run("--user", "bob")[1]
    assert "anthropic:claude-sonnet-5" in said
    assert OWN not in said


@pytest.mark.parametrize("arguments", [("--user", "nobody"), ("--team", "none")])
def test_whom_nobody_knows_is_an_error(arguments: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match=f"There is no {arguments[0][2:]}"):
        run(*arguments)
