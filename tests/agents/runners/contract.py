"""What every runner keeps, whatever agent it stands for. Subclasses give a `runner` fixture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agents.outcomes import OUTCOMES
from agents.runners import registry
from agents.runners.base import (
    AgentError,
    AgentEvent,
    AgentHook,
    CommandRunner,
    Finished,
    Launch,
    McpServer,
    Message,
    Runner,
    SessionStarted,
    Task,
)
from agents.runners.registry import AgentEntry
from agents.runners.render import render
from agents.sandboxes.base import Destination, Exited
from tests.stand_ins.directory_sandbox import DirectorySandbox

KEY = "secret-key"
GATEWAY = "http://gateway.example:8080/v1"
SESSION = "0b0e6a1c-5a4f-4bb5-9d0e-0f4c5a3b2a10"
MAX_EVENT = 30_000  # characters
MAX_REASON = 5_000
ENDED = Exited(0, None, "exited")

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
    '{"type": "assistant", "message": {"content": 1, "usage": []}}',
    '{"type": "user", "message": {"content": [{"type": "tool_result", "content": [1]}]}}',
    '{"type": "result"}',
    '{"type": "result", "usage": {"input_tokens": "many"}, "modelUsage": []}',
    '{"type": "result", "modelUsage": {"m": 1, "n": {"inputTokens": -4}}}',
    '{"type": "system", "subtype": "api_retry", "error_status": {}}',
    '{"type": "result", "total_cost_usd": 1' + "0" * 400 + ', "modelUsage": {"claude-x": 1}}',
    '{"type": "result", "total_cost_usd": NaN, "modelUsage": {"claude-x": 1}}',
    '{"type": "tool_use", "part": {"state": {"input": [], "metadata": {"exit": "x"}}}}',
    '{"type": "tool_use", "part": {"tool": "edit", "state": {"status": "completed"}}}',
    '{"type": "step_finish", "part": {"tokens": {"cache": 1, "input": 1e400}}}',
    '{"type": "error", "error": {"name": 1, "data": {"statusCode": "500", "message": []}}}',
    '{"type": "item.completed", "item": [1]}',
    "\x1b[31m\x1b[0m",
    "[" * 100_000,
    "x" * 200_000,
    json.dumps({"type": "assistant", "message": {"content": "x" * 100_000}}),
    json.dumps({"type": "text", "part": {"text": "x" * 100_000}}),
    json.dumps({"type": "error", "error": "x" * 100_000}),
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
    """For command line programs. `session` is an id such as the program gives."""

    session = SESSION

    @pytest.fixture
    def entry(self, runner: CommandRunner) -> AgentEntry:
        return registry.agents()[runner.name]

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
        runner.command(Task("Fix it, please."), sandbox)
        after = sandbox.run(["git", "status", "--porcelain"], cwd=sandbox.repository).text
        assert before == after == ""
        assert any("Fix it, please." in text for text in files_of(sandbox))

    def test_the_key_is_in_none_of_its_words_variables_and_files(
        self, entry: AgentEntry, sandbox: DirectorySandbox
    ) -> None:
        launch = made(entry).command(Task("Fix it."), sandbox)
        assert not any(KEY in text for text in everything(launch, sandbox))
        assert launch.key is not None
        assert (launch.key.value, bool(launch.key.header)) == (KEY, True)
        assert KEY not in f"{launch!r}"

    def test_it_may_reach_the_address_of_its_model(
        self, entry: AgentEntry, sandbox: DirectorySandbox
    ) -> None:
        launch = made(entry, base_url=GATEWAY).command(Task("Fix it."), sandbox)
        assert launch.destination == Destination("gateway.example", 8080)
        assert any("http://gateway.example:8080" in text for text in everything(launch, sandbox))
        usual = made(entry).command(Task("Fix it."), sandbox).destination
        assert usual is not None
        assert (usual.port, usual.trusted, usual.headers) == (443, False, ())

    def test_it_goes_on_with_a_conversation_if_it_can(
        self, runner: CommandRunner, entry: AgentEntry, sandbox: DirectorySandbox
    ) -> None:
        task = Task("Fix it.", round=2, feedback="It fails.")
        alone = everything(runner.command(task, sandbox), sandbox)
        resumed = everything(
            runner.command(replace(task, session_id=self.session), sandbox), sandbox
        )
        assert (alone != resumed) == entry.features.resume

    def test_a_plan_is_asked_for_in_another_way_if_it_can_plan(
        self, runner: CommandRunner, entry: AgentEntry, sandbox: DirectorySandbox
    ) -> None:
        task = Task("Fix it.")
        usual = runner.command(task, sandbox)
        plan = runner.command(replace(task, plan_only=True), sandbox)
        assert (usual != plan) == entry.features.plan_mode

    @pytest.mark.parametrize("name", ["--settings=/tmp/mine", "-c", "a b", "a/../b", "a" * 300])
    def test_a_conversation_is_never_called_like_an_option(
        self, runner: CommandRunner, name: str
    ) -> None:
        ended = Finished(True, "")
        events: list[AgentEvent] = [SessionStarted(SESSION), SessionStarted(name), ended]

        assert runner.judge(events, ENDED).session_id in {"", f"{SESSION}:0:0:0:0", SESSION}

    def test_servers_and_hooks_of_the_project_are_handed_over_if_it_has_such(
        self, runner: CommandRunner, entry: AgentEntry, sandbox: DirectorySandbox
    ) -> None:
        server = McpServer("docs", ["serve-the-docs", "--now"], environment={"DEPTH": "3"})
        remote = McpServer("tickets", url="https://tickets.example/mcp")
        hook = AgentHook("after_edit", "tidy-the-code")
        task = Task("Fix it.", mcp_servers=[server, remote], hooks=[hook])
        texts = everything(runner.command(task, sandbox), sandbox)
        for marker, expected in (
            ("serve-the-docs", entry.features.mcp),
            ("https://tickets.example/mcp", entry.features.mcp),
            ("DEPTH", entry.features.mcp),
            ("tidy-the-code", entry.features.hooks),
        ):
            assert any(marker in text for text in texts) == expected, marker

    def test_the_same_task_gives_the_same_command(
        self, runner: CommandRunner, sandbox: DirectorySandbox
    ) -> None:
        task = Task("Fix it.")
        assert runner.command(task, sandbox) == runner.command(task, sandbox)

    def test_nonsense_is_no_reason_to_fail(self, runner: CommandRunner) -> None:
        for line in NONSENSE:
            for event in runner.parse(line):
                assert len(render(event)) <= MAX_EVENT

    def test_nonsense_is_no_success(self, runner: CommandRunner) -> None:
        events = [event for line in NONSENSE for event in runner.parse(line)]
        verdict = runner.judge(events, ENDED)
        assert not verdict.ok
        assert verdict.outcome in OUTCOMES
        assert len(verdict.reason) <= MAX_REASON

    def test_silence_is_never_success(self, runner: CommandRunner) -> None:
        no_events: Sequence[AgentEvent] = []
        for exited in (
            ENDED,
            Exited(1, None, "exited"),
            Exited(None, 9, "killed"),
            Exited(None, None, "timeout"),
            Exited(None, None, "lease"),
            Exited(None, None, "error"),
            Exited(None, None, "lost"),
        ):
            verdict = runner.judge(no_events, exited)
            assert not verdict.ok
            assert verdict.outcome in OUTCOMES

    @pytest.mark.parametrize("reason", ["memory", "disk"])
    def test_a_full_sandbox_has_its_own_outcome(self, runner: CommandRunner, reason: str) -> None:
        verdict = runner.judge([Message("I look.")], Exited(None, 9, reason, "It is full."))
        assert (verdict.ok, verdict.outcome) == (False, "sandbox_limit")

    def test_the_last_word_of_a_process_that_was_ended_counts_for_nothing(
        self, runner: CommandRunner
    ) -> None:
        said: list[AgentEvent] = [Message("I look."), Finished(True, "All is well.")]
        for reason in ("killed", "lost", "lease"):
            assert not runner.judge(said, Exited(None, 9, reason)).ok

    @pytest.mark.parametrize("outcome", ["agent_key_refused", "model_unavailable", "model_unknown"])
    def test_a_fatal_error_decides(self, runner: CommandRunner, outcome: str) -> None:
        said: list[AgentEvent] = [
            AgentError("No.", fatal=True, outcome=outcome),
            Finished(True, "All is well."),
        ]
        verdict = runner.judge(said, Exited(None, 9, "killed"))
        assert (verdict.ok, verdict.outcome) == (False, outcome)


def made(entry: AgentEntry, base_url: str = "") -> CommandRunner:
    """The runner as the platform makes it, for a model of its first provider."""
    provider = (*entry.providers, "anthropic")[0]
    values = {
        "program": "/opt/agent/program",
        "model": f"{provider}:some-model",
        "key": KEY,
        "base_url": base_url,
    }
    runner = entry.create(values)
    assert hasattr(runner, "command")
    return runner  # type: ignore[return-value]


def everything(launch: Launch, sandbox: DirectorySandbox) -> list[str]:
    """All words of a command, its variables, and the files around it."""
    return [*launch.argv, *launch.env.values(), *launch.env, *files_of(sandbox)]


def files_of(sandbox: DirectorySandbox) -> list[str]:
    """What stands in the sandbox's files, those of the repository left out."""
    root, repository = Path(sandbox.root), Path(sandbox.repository)
    return [
        path.read_text(errors="replace")
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_relative_to(repository)
    ]
