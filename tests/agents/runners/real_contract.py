"""What a real program does in a real sandbox, against a model provider of our own.

Subclasses name their `runner_type`, how the model is named, and what of a hostile repository
could concern the program.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from agents.runners import registry
from agents.runners.base import (
    AgentHook,
    FileEdit,
    McpServer,
    SessionStarted,
    Task,
    ToolResult,
)
from agents.runners.cli import CliRunner
from agents.runners.models import ModelChoice
from agents.runners.tokens import Tokens
from agents.sandboxes.base import Sandbox
from tests.agents.runners import real
from tests.stand_ins.model_server import (
    BAD_KEY,
    FIXED,
    SCENARIOS,
    ModelServer,
    Script,
    Step,
    mark,
    model_server,
)


class RealRunnerContract:
    """The part of the matrix that every program passes."""

    runner_type: ClassVar[type[CliRunner]]
    provider: ClassVar[str]
    suffix: ClassVar[str] = ""  # of the model server's address
    hostile: ClassVar[Mapping[str, str]]  # files of the repository; each writes or says HOSTILE
    timeout: ClassVar[float] = 240  # seconds of a round, on a machine with other work

    @pytest.fixture
    def program(self) -> Path:
        return real.find(self.runner_type.install)

    @pytest.fixture
    def server(self) -> Iterator[ModelServer]:
        look = Step("Look.", "bash", {"command": f'echo "key:${self.key_variable()}."'})
        shown = Script([[look, Step("So.")]])
        with model_server({**SCENARIOS, "show-key": shown}) as server:
            yield server

    @pytest.fixture
    def box(self, tmp_path: Path, program: Path) -> Iterator[Sandbox]:
        with real.sandbox(tmp_path, program) as box:
            yield box

    @pytest.fixture
    def runner(
        self, program: Path, server: ModelServer, request: pytest.FixtureRequest
    ) -> CliRunner:
        return self.make(program, server, f"key-of-{request.node.name}")

    def make(self, program: Path, server: ModelServer, key: str) -> CliRunner:
        address = server.url + self.suffix
        model = ModelChoice(self.provider, "some-model", key, address, trusted=True)
        return self.runner_type(program, model)

    def key_variable(self) -> str:
        model = ModelChoice(self.provider, "some-model", "key", "http://localhost")
        key = self.runner_type(Path("program"), model).key()
        assert key is not None
        return key.variable

    def run(self, runner: CliRunner, box: Sandbox, task: Task) -> real.Ran:
        return real.run(runner, box, task, self.timeout)

    def test_it_works_in_two_rounds_of_one_conversation(
        self, runner: CliRunner, box: Sandbox, server: ModelServer
    ) -> None:
        task = Task(f"Fix the sum. {mark('two-rounds')}")
        first = self.run(runner, box, task)
        assert first.verdict.ok, first.output
        assert first.verdict.reason == "I believe that this is right."
        assert FileEdit("calc.py") in first.events
        assert not real.is_right(box)
        assert first.tokens == handed_out(server, runner)
        assert first.blocked == []

        session = first.verdict.session_id
        again = replace(task, round=2, feedback="It fails.", session_id=session)
        second = self.run(runner, box, again)
        assert (second.verdict.ok, second.verdict.reason) == (True, FIXED), second.output
        assert real.is_right(box)
        assert first.tokens.plus(second.tokens) == handed_out(server, runner)
        started = {e.session_id for e in second.events if isinstance(e, SessionStarted)}
        assert started == {session}
        status = box.run(["git", "status", "--porcelain"], cwd=box.repository).text
        assert [line for line in status.splitlines() if "__pycache__" not in line] == [" M calc.py"]

    def test_a_refused_key_is_told(self, program: Path, server: ModelServer, box: Sandbox) -> None:
        before = len(server.log.entries(key=BAD_KEY))
        runner = self.make(program, server, BAD_KEY)
        ran = self.run(runner, box, Task(f"Fix the sum. {mark('fix')}"))
        assert (ran.verdict.ok, ran.verdict.outcome) == (False, "agent_key_refused"), ran.output
        assert len(server.log.entries(key=BAD_KEY)) - before <= 2

    def test_nothing_is_left_of_it_when_it_is_cancelled(
        self, runner: CliRunner, box: Sandbox, server: ModelServer
    ) -> None:
        task = Task(f"Wait. {mark('long-command')}")
        handle = real.start(runner, box, task, self.timeout)
        assert real.runs(box, "time.sleep(300)", self.timeout)
        box.kill(handle)
        ran = real.follow(runner, box, handle)
        assert (ran.verdict.ok, ran.exited.reason) == (False, "killed")
        assert real.processes_of(box) == []

    def test_its_commands_do_not_see_the_key(self, runner: CliRunner, box: Sandbox) -> None:
        ran = self.run(runner, box, Task(mark("show-key")))
        assert [e.summary for e in ran.events if isinstance(e, ToolResult)] == ["key:."], ran.output

    def test_files_of_the_repository_do_not_take_over(
        self, runner: CliRunner, box: Sandbox, server: ModelServer
    ) -> None:
        for path, text in self.hostile.items():
            box.write(f"{box.repository}/{path}", text.encode())
        ran = self.run(runner, box, Task(mark("fix")))
        assert ran.verdict.ok, ran.output
        assert box.run(["sh", "-c", "ls ../ | grep HOSTILE"], cwd=box.repository).text == ""
        asked = server.asked(key=runner.model.key)
        assert asked
        assert not any("HOSTILE" in str(entry.question.body) for entry in asked)

    def test_servers_and_hooks_of_the_project_are_there(
        self, runner: CliRunner, box: Sandbox
    ) -> None:
        variable = self.key_variable()
        served = f'echo "$ONE ${variable}" > ../served'
        task = Task(
            mark("fix"),
            mcp_servers=[McpServer("docs", ["sh", "-c", served], environment={"ONE": "1"})],
            hooks=[AgentHook("before_tool", f'echo "before ${variable}" >> ../hooks')],
        )
        ran = self.run(runner, box, task)
        assert ran.verdict.ok, ran.output
        assert box.read(f"{box.root}/served").split() == [b"1"]
        if registry.agents()[runner.name].features.hooks:
            assert set(box.read(f"{box.root}/hooks").split()) == {b"before"}

    def test_a_plan_changes_nothing(self, runner: CliRunner, box: Sandbox) -> None:
        ran = self.run(runner, box, Task(f"Plan it. {mark('fix')}", plan_only=True))
        assert ran.verdict.ok, ran.output
        assert not any(isinstance(event, FileEdit) for event in ran.events)
        assert not real.is_right(box)


def handed_out(server: ModelServer, runner: CliRunner) -> Tokens:
    """What the model server counted for this runner's key."""
    spent = server.tokens(key=runner.model.key, side=True)
    return Tokens(spent.input, spent.output, spent.cached, spent.written)
