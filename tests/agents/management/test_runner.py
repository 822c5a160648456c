"""`manage.py runner`."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from agents.runners.install import Install
from agents.services import installing
from agents.services.installing import InstallFailed, Say


@pytest.fixture(autouse=True)
def programs(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No program of this machine is in sight."""
    settings.AGENT_PROGRAMS = tmp_path
    monkeypatch.setenv("PATH", "")
    return tmp_path


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked to be installed; nothing is."""
    asked: list[str] = []

    def install(recipe: Install, home: Path, say: Say) -> Path:
        asked.append(recipe.program)
        say(f"npm install {recipe.package}")
        path = recipe.path(home)
        path.parent.mkdir(parents=True)
        path.touch()
        return path

    monkeypatch.setattr(installing, "install", install)
    return asked


def run(*arguments: str) -> str:
    said = StringIO()
    call_command("runner", *arguments, stdout=said, stderr=said)
    return said.getvalue()


def test_the_list_says_what_is_there_and_how_to_get_the_rest(installed: list[str]) -> None:
    before = run("list")
    assert "not installed: bin/manage runner install claude" in before
    assert "needs no program" in before
    run("install", "claude")
    assert "bin/manage runner install claude" not in run("list")


def test_named_agents_are_installed_once(installed: list[str]) -> None:
    assert "npm install" in run("install", "claude")
    assert "is installed already" in run("install", "claude")
    assert installed == ["claude"]


def test_all_of_them(installed: list[str]) -> None:
    run("install", "--all")
    assert "claude" in installed


@pytest.mark.parametrize("arguments", [[], ["--all", "claude"], ["nope"], ["builtin"]])
def test_what_cannot_be_meant_is_refused(installed: list[str], arguments: list[str]) -> None:
    with pytest.raises(CommandError, match="claude"):
        run("install", *arguments)
    assert installed == []


def test_a_failure_names_the_agent_and_ends_with_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> Path:
        raise InstallFailed("The registry is away.")

    monkeypatch.setattr(installing, "install", fail)
    said = StringIO()
    with pytest.raises(CommandError, match="Not installed: claude"):
        call_command("runner", "install", "claude", stdout=said, stderr=said)
    assert "The registry is away." in said.getvalue()
