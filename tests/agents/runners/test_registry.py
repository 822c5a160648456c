"""Runner names are pairs; strangers may add agents and break nothing."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from agents.runners import registry
from agents.runners.builtin import BuiltinRunner
from agents.runners.claude import ClaudeRunner
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


def test_every_runner_can_be_parsed_and_has_words_for_people() -> None:
    names = [runner.name for runner in registry.runners()]
    assert names == ["local_builtin", "local_scripted", "local_claude"]
    for runner in registry.runners():
        assert registry.parse(runner.name) == (runner.sandbox, runner.agent.name)
        assert registry.entry(runner.name) is runner.agent
        assert runner.title
        assert runner.agent.description


@pytest.mark.parametrize(
    "name",
    ["", "local", "local_", "_builtin", "sandbox_kilo", "aws_kilo", "local_kilo", "docker_claude"],
)
def test_another_name_is_answered_with_those_that_there_are(name: str) -> None:
    with pytest.raises(UnknownRunner, match="local_builtin, local_scripted, local_claude"):
        registry.parse(name)


def test_what_is_missing_is_named() -> None:
    claude = registry.entry("local_claude")
    assert [need.name for need in claude.missing({"key": ""})] == ["program", "key"]
    assert claude.missing({"program": "claude", "key": "k"}) == []
    assert [need.secret for need in claude.needs if need.name == "key"] == [True]


def test_entries_create_their_runners(tmp_path: Path) -> None:
    values = {
        "model": "anthropic:some",
        "key": "k",
        "transcript": str(tmp_path / "t.json"),
        "program": "/usr/bin/true",
    }
    made = [runner.agent.create(values) for runner in registry.runners()]
    assert [type(runner) for runner in made] == [BuiltinRunner, ScriptedRunner, ClaudeRunner]


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
    assert set(registry.agents()) == {"builtin", "scripted", "claude", "theirs"}
