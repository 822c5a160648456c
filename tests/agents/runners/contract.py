"""What every runner keeps, whatever agent it stands for. Subclasses give a `runner` fixture."""

from __future__ import annotations

import json
from collections.abc import Sequence

from agents.outcomes import OUTCOMES
from agents.runners import registry
from agents.runners.base import AgentEvent, CommandRunner, Runner, Task
from agents.runners.render import render
from agents.sandboxes.base import Exited
from tests.stand_ins.directory_sandbox import DirectorySandbox

NONSENSE = (
    "",
    "   ",
    "not json",
    "[]",
    "null",
    '"text"',
    "{}",
    '{"type": null}',
    '{"type": "assistant"}',
    '{"type": "assistant", "message": "x"}',
    '{"type": "assistant", "message": {"content": [1, null, {"type": "tool_use"}]}}',
    '{"type": "user", "message": {"content": [{"type": "tool_result", "content": [1]}]}}',
    '{"type": "result"}',
    '{"type": "result", "usage": {"input_tokens": "many"}, "modelUsage": []}',
    '{"type": "system", "subtype": "api_retry", "error_status": {}}',
    '{"type": "result", "total_cost_usd": 1' + "0" * 400 + ', "modelUsage": {"claude-x": 1}}',
    '{"type": "result", "total_cost_usd": NaN, "modelUsage": {"claude-x": 1}}',
    "[" * 100_000,
    json.dumps({"type": "assistant", "message": {"content": "x" * 100_000}}),
)


class RunnerContract:
    """For both shapes."""

    def test_it_is_registered_under_its_name(self, runner: Runner) -> None:
        entry = registry.agents()[runner.name]
        assert (entry.name, entry.title) == (runner.name, runner.title)

    def test_it_says_which_shape_it_has(self, runner: Runner) -> None:
        kind = registry.agents()[runner.name].kind
        assert hasattr(runner, "work") == (kind == "hosted")
        assert hasattr(runner, "command") == (kind == "command")


class CommandRunnerContract(RunnerContract):
    """For command line programs."""

    def test_no_word_of_the_prompt_stands_on_the_command_line(
        self, runner: CommandRunner, sandbox: DirectorySandbox
    ) -> None:
        prompt = "$(touch pwned) `touch pwned` '; touch pwned"
        launch = runner.command(Task(prompt), sandbox)
        assert not any("pwned" in word for word in [*launch.argv, *launch.env.values()])

    def test_the_prompt_is_a_file_outside_of_the_repository(
        self, runner: CommandRunner, sandbox: DirectorySandbox
    ) -> None:
        before = sandbox.run(["git", "status", "--porcelain"], cwd=sandbox.repository).text
        runner.command(Task("Fix it."), sandbox)
        after = sandbox.run(["git", "status", "--porcelain"], cwd=sandbox.repository).text
        assert before == after == ""

    def test_a_secret_is_never_on_the_command_line(
        self, runner: CommandRunner, sandbox: DirectorySandbox
    ) -> None:
        launch = runner.command(Task("Fix it."), sandbox)
        assert not any("secret-key" in word for word in launch.argv)

    def test_nonsense_is_no_reason_to_fail(self, runner: CommandRunner) -> None:
        for line in NONSENSE:
            for event in runner.parse(line):
                assert isinstance(render(event), str)

    def test_silence_is_never_success(self, runner: CommandRunner) -> None:
        no_events: Sequence[AgentEvent] = []
        for exited in (
            Exited(0, None, "exited"),
            Exited(1, None, "exited"),
            Exited(None, 9, "killed"),
            Exited(None, None, "timeout"),
            Exited(None, None, "lost"),
        ):
            verdict = runner.judge(no_events, exited)
            assert not verdict.ok
            assert verdict.outcome in OUTCOMES
