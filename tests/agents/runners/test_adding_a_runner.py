"""The page about adding a runner is true: its code is installed as a package of its own, and run."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.pipelines.egress import environment
from agents.runners import registry
from agents.runners.base import AgentEvent, CommandRunner, FileEdit, Task, Usage, Verdict
from agents.sandboxes.base import Exited, SandboxError
from tests.agents.runners.contract import CommandRunnerContract
from tests.stand_ins.directory_sandbox import DirectorySandbox

PAGE = Path(__file__).parents[3] / "docs" / "adding-a-runner.md"


def block(beginning: str) -> str:
    """The code of the page that begins like this."""
    blocks = PAGE.read_text().split("```python\n")[1:]
    return next(b.partition("\n```")[0] + "\n" for b in blocks if b.startswith(beginning))


@pytest.fixture
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bin") / "scribe"
    path.write_text(block("#!/usr/bin/env python3"))
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def installed(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A package beside ours, as an installer leaves it."""
    site = tmp_path_factory.mktemp("site")
    (site / "scribe_runner.py").write_text(block('"""Scribe as a runner."""'))
    about = site / "soulcaster_scribe-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: soulcaster-scribe\nVersion: 1.0\n"
    )
    section = PAGE.read_text().partition("```toml\n")[2].partition("```")[0]
    line = next(line for line in section.splitlines() if "=" in line)
    name, _, value = line.partition(" = ")
    (about / "entry_points.txt").write_text(
        f"[{registry.GROUP}]\n{name} = {value.strip(chr(34))}\n"
    )
    monkeypatch.syspath_prepend(str(site))
    importlib.invalidate_caches()
    registry.agents.cache_clear()
    yield
    registry.agents.cache_clear()
    sys.modules.pop("scribe_runner", None)


def made(program: Path, key: str = "secret-key") -> CommandRunner:
    values = {"program": str(program), "key": key, "model": "openai:some-model"}
    runner = registry.entry("local_scribe").create(values)
    assert hasattr(runner, "judge")
    return runner  # type: ignore[return-value]


class TestContract(CommandRunnerContract):
    """The rules of every command line program."""

    session = "talk-1"

    @pytest.fixture
    def runner(self, program: Path) -> CommandRunner:
        return made(program)


def work(
    runner: CommandRunner, sandbox: DirectorySandbox, task: Task
) -> tuple[Verdict, list[AgentEvent]]:
    launch = runner.command(task, sandbox)
    variables = environment(launch, adds_headers=False)
    done = sandbox.run(launch.argv, cwd=sandbox.repository, env=variables)
    events = [event for line in done.text.splitlines() for event in runner.parse(line)]
    return runner.judge(events, Exited(done.exit_code, None, done.reason)), events


def test_it_stands_beside_our_own() -> None:
    entry = registry.entry("local_scribe")
    assert (entry.name, entry.title) == ("scribe", "Scribe")
    assert [need.name for need in entry.missing({})] == ["program", "key", "model"]
    assert "claude" in registry.agents()


def test_it_works(program: Path, sandbox: DirectorySandbox) -> None:
    runner = made(program)
    runner.prepare(sandbox)
    verdict, events = work(runner, sandbox, Task("Fix the sum."))
    assert (verdict.ok, verdict.reason) == (True, "The sum is right now.")
    assert verdict.session_id == "talk-1"
    assert FileEdit("calc.py") in events
    assert Usage(1200, 30, 200, model="some-model") in events
    assert b"a + b" in sandbox.read(f"{sandbox.repository}/calc.py")


def test_a_refused_key_is_told(program: Path, sandbox: DirectorySandbox) -> None:
    verdict, _ = work(made(program, key="bad"), sandbox, Task("Fix the sum."))
    assert (verdict.ok, verdict.outcome) == (False, "agent_key_refused")


def test_a_program_that_is_not_there_is_explained(
    tmp_path: Path, sandbox: DirectorySandbox
) -> None:
    with pytest.raises(SandboxError, match="@example/scribe"):
        made(tmp_path / "nothing").prepare(sandbox)
