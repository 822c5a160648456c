"""Runner names are pairs; strangers may add agents and break nothing."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from agents.runners import registry
from agents.runners.builtin import BuiltinRunner
from agents.runners.cli import CliRunner
from agents.runners.registry import AgentEntry, UnknownRunner
from agents.runners.scripted import ScriptedRunner
from tests.agents.runners.contract import RunnerContract


class TestBuiltinContract(RunnerContract):
    @pytest.fixture
    def runner(self) -> BuiltinRunner:
        return BuiltinRunner(lambda: pytest.fail("no model is needed"))


class TestScriptedContract(RunnerContract):
    @pytest.fixture
    def runner(self, tmp_path: Path) -> ScriptedRunner:
        return ScriptedRunner(tmp_path / "none.json")


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EntryPoint]]:
    """Entry points of other packages."""
    points: list[EntryPoint] = []
    monkeypatch.setattr(registry, "entry_points", lambda *, group: points)
    registry.agents.cache_clear()
    yield points
    registry.agents.cache_clear()


def _never(values: object) -> BuiltinRunner:
    raise AssertionError


THEIRS = AgentEntry("theirs", "Their agent", "Another one.", "hosted", _never)
REPLACED = AgentEntry("claude", "Not Claude", "A fake.", "hosted", _never)


def point(name: str) -> EntryPoint:
    return EntryPoint(name, f"{__name__}:{name}", registry.GROUP)


OURS = ["kilo", "claude", "codex", "opencode", "aider", "builtin", "scripted"]
PROGRAMS = {
    "kilo": ("npm", "@kilocode/cli", "7.7.7"),
    "claude": ("npm", "@anthropic-ai/claude-code", "2.1.197"),
    "codex": ("npm", "@openai/codex", "0.169.0"),
    "opencode": ("npm", "opencode-ai", "1.18.33"),
    "aider": ("pip", "aider-chat", "0.86.2"),
}


def test_the_usual_agent_comes_first() -> None:
    assert list(registry.agents()) == OURS


def test_every_runner_can_be_parsed_and_has_words_for_people() -> None:
    for runner in registry.runners():
        assert registry.parse(runner.name) == (runner.sandbox, runner.agent.name)
        assert registry.entry(runner.name) is runner.agent
        assert runner.title
        assert runner.agent.description.endswith(".")


def test_every_program_is_pinned() -> None:
    found = {
        entry.name: (entry.install.kind, entry.install.package, entry.install.version)
        for entry in registry.agents().values()
        if entry.install
    }
    assert found == PROGRAMS


def test_only_programs_run_in_the_sandbox() -> None:
    for entry in registry.agents().values():
        wants_program = any(need.name == "program" for need in entry.needs)
        assert wants_program == (entry.kind == "command") == (entry.install is not None)


@pytest.mark.parametrize(
    "name",
    ["", "local", "local_", "_builtin", "aws_kilo", "local_nobody", "docker_claude"],
)
def test_another_name_is_answered_with_those_that_there_are(name: str) -> None:
    with pytest.raises(UnknownRunner, match="local_kilo, local_claude, local_codex"):
        registry.parse(name)


def test_what_is_missing_is_named() -> None:
    kilo = registry.entry("local_kilo")
    assert [need.name for need in kilo.missing({"key": ""})] == ["program", "key", "model"]
    assert kilo.missing({"program": "kilo", "key": "k", "model": "openai:some"}) == []
    assert [need.secret for need in kilo.needs if need.name == "key"] == [True]


def test_entries_create_their_runners(tmp_path: Path) -> None:
    values = {
        "model": "anthropic:some",
        "key": "k",
        "transcript": str(tmp_path / "t.json"),
        "program": "/usr/bin/true",
        "trusted": "yes",
    }
    for entry in registry.agents().values():
        made = entry.create(values)
        assert made.name == entry.name
        if isinstance(made, CliRunner):
            assert (made.model.provider, made.model.name) == ("anthropic", "some")
            assert made.model.destination.trusted


def test_a_model_without_a_provider_is_refused() -> None:
    with pytest.raises(ValueError, match="provider:name"):
        registry.entry("local_builtin").create({"model": "some", "key": "k"})


def test_other_packages_add_agents(added: list[EntryPoint]) -> None:
    added.append(point("THEIRS"))
    assert registry.parse("local_theirs") == ("local", "theirs")


def test_nobody_replaces_our_own(added: list[EntryPoint]) -> None:
    added.append(point("REPLACED"))
    assert registry.entry("local_claude").title == "Claude Code"


@pytest.mark.parametrize("name", ["NOT_THERE", "_never"])
def test_a_broken_package_takes_nothing_with_it(added: list[EntryPoint], name: str) -> None:
    added.extend([point(name), point("THEIRS")])
    assert list(registry.agents()) == [*OURS, "theirs"]
