"""Codex: its lines understood, its options, its sums taken apart, its end judged."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.runners.base import (
    AgentError,
    AgentEvent,
    AgentHook,
    FileEdit,
    Finished,
    Launch,
    McpServer,
    Message,
    SessionStarted,
    Task,
    ToolCall,
    ToolResult,
    Usage,
)
from agents.runners.codex import CodexRunner
from agents.runners.models import ModelChoice
from agents.sandboxes.base import Exited
from tests.agents.runners.contract import CommandRunnerContract
from tests.stand_ins.directory_sandbox import DirectorySandbox

ENDED = Exited(0, None, "exited")
THREAD = "01a1f807-da35-7360-9f7d-6f8131579733"
STARTED = {"type": "thread.started", "thread_id": THREAD}


@pytest.fixture
def runner() -> CodexRunner:
    return CodexRunner(Path("/opt/codex"), ModelChoice("openai", "gpt-test", key="secret-key"))


def parse(runner: CodexRunner, *records: dict[str, Any]) -> list[AgentEvent]:
    return [event for record in records for event in runner.parse(json.dumps(record))]


def item(kind: str, name: str = "completed", **more: Any) -> dict[str, Any]:
    return {"type": f"item.{name}", "item": {"id": "item_1", "type": kind, **more}}


def completed(input_tokens: int, output: int, cached: int = 0) -> dict[str, Any]:
    usage = {"input_tokens": input_tokens, "output_tokens": output, "cached_input_tokens": cached}
    return {"type": "turn.completed", "usage": usage}


def trouble(message: str) -> dict[str, Any]:
    return {"type": "error", "message": message}


def failed(message: str) -> dict[str, Any]:
    return {"type": "turn.failed", "error": {"message": message}}


def settings(launch: Launch) -> dict[str, Any]:
    """What the options of a command line say, read as TOML."""
    found: dict[str, Any] = {}
    for word in launch.argv:
        if word.startswith("--config="):
            found |= tomllib.loads(word.removeprefix("--config="))
    return found


class TestContract(CommandRunnerContract):
    """The rules of every command line program."""

    session = f"{THREAD}:1:2:3:4"


def test_a_run_becomes_events(runner: CodexRunner, sandbox: DirectorySandbox) -> None:
    runner.command(Task("Fix it."), sandbox)
    change = {"path": f"{sandbox.repository}/src/calc.py", "kind": "update"}
    elsewhere = {"path": "/etc/passwd", "kind": "update"}
    shell = {"command": "/bin/bash -c 'cat calc.py'"}
    events = parse(
        runner,
        STARTED,
        item("error", message="Model metadata for `gpt-test` not found."),
        {"type": "turn.started"},
        item("agent_message", text="I look."),
        item("command_execution", "started", **shell),
        item(
            "command_execution",
            **shell,
            aggregated_output="\nno\nmore",
            exit_code=1,
            status="completed",
        ),
        item("file_change", "started", changes=[change]),
        item("file_change", changes=[change, elsewhere], status="completed"),
        item("file_change", changes=[change], status="failed"),
        item("mcp_tool_call", "started", server="docs", tool="find", arguments={"query": "sum"}),
        item("reasoning", text="hm"),
        completed(100, 20, 30),
    )
    assert events == [
        SessionStarted(THREAD, "gpt-test"),
        Message("I look."),
        ToolCall("shell", "cat calc.py", "item_1"),
        ToolResult("shell", False, "no", "item_1"),
        ToolCall("apply_patch", "src/calc.py", "item_1"),
        FileEdit("src/calc.py"),
        ToolResult("apply_patch", True, "", "item_1"),
        ToolResult("apply_patch", False, "", "item_1"),
        ToolCall("docs.find", "sum", "item_1"),
        Usage(100, 20, 30, model="gpt-test"),
        Finished(True, ""),
    ]


def test_only_what_a_round_used_is_told_of_the_sum_of_a_conversation(
    runner: CodexRunner, sandbox: DirectorySandbox
) -> None:
    first = parse(runner, STARTED, completed(100, 20, 30))
    session = runner.judge(first, ENDED).session_id

    other = CodexRunner(runner.program, runner.model)
    other.command(Task("Again.", round=2, session_id=session), sandbox)
    second = parse(other, STARTED, completed(250, 60, 90))
    assert Usage(150, 40, 60, model="gpt-test") in second

    third = CodexRunner(runner.program, runner.model)
    third.command(
        Task("Again.", round=3, session_id=other.judge(second, ENDED).session_id), sandbox
    )
    assert Usage(1, 0, 0, model="gpt-test") in parse(third, STARTED, completed(251, 60, 90))


def test_a_round_that_told_nothing_leaves_its_tokens_to_the_next(
    runner: CodexRunner, sandbox: DirectorySandbox
) -> None:
    runner.command(Task("Again.", session_id=f"{THREAD}:100:20:30:0"), sandbox)
    cut = parse(runner, STARTED, item("agent_message", text="I look."))
    verdict = runner.judge(cut, Exited(None, 9, "killed"))
    assert (verdict.ok, verdict.session_id) == (False, f"{THREAD}:100:20:30:0")


@pytest.mark.parametrize(
    "session", ["--last", f"{THREAD} x", f"{THREAD}:1", "x" * 36, THREAD.upper()]
)
def test_only_a_conversation_of_its_own_is_resumed(
    runner: CodexRunner, sandbox: DirectorySandbox, session: str
) -> None:
    task = Task("The task.", feedback="It fails.", session_id=session)
    launch = runner.command(task, sandbox)
    assert "resume" not in launch.argv
    assert session not in launch.argv
    assert sandbox.read(f"{sandbox.root}/prompts/round-1.md") == b"The task.\n\nIt fails."


def test_a_conversation_is_resumed_with_the_feedback_alone(
    runner: CodexRunner, sandbox: DirectorySandbox
) -> None:
    task = Task("The task.", round=2, feedback="It fails.", session_id=f"{THREAD}:1:2:3:4")
    launch = runner.command(task, sandbox)
    assert list(launch.argv[-3:]) == ["resume", THREAD, "-"]
    assert sandbox.read(f"{sandbox.root}/prompts/round-2.md") == b"It fails."


def test_all_it_is_told_are_options(runner: CodexRunner, sandbox: DirectorySandbox) -> None:
    task = Task(
        "Fix it.",
        mcp_servers=[
            McpServer('do"cs', ["docs", "--all", "\u007f\n"], environment={"A": "b"}),
            McpServer("far", url="https://docs.example.org/mcp"),
        ],
        hooks=[AgentHook("at_end", "make check"), AgentHook("never", "x")],
    )
    told = settings(runner.command(task, sandbox))
    assert told["mcp_servers"] == {
        'do"cs': {"command": "docs", "args": ["--all", "\u007f\n"], "env": {"A": "b"}},
        "far": {"url": "https://docs.example.org/mcp"},
    }
    command = {"type": "command", "command": "unset OPENAI_API_KEY; make check"}
    assert told["hooks"] == {"Stop": [{"matcher": "*", "hooks": [command]}]}
    assert told["projects"] == {sandbox.repository: {"trust_level": "untrusted"}}
    assert told["project_doc_max_bytes"] == 0
    assert told["shell_environment_policy"]["exclude"] == ["OPENAI_API_KEY"]
    [provider] = told["model_providers"].values()
    assert provider["base_url"] == "https://api.openai.com/v1"
    assert provider["env_key"] == "OPENAI_API_KEY"


def test_a_server_without_keys_is_not_given_one(sandbox: DirectorySandbox) -> None:
    model = ModelChoice("ollama", "qwen3-coder", base_url="http://10.0.0.5:11434/v1/", trusted=True)
    launch = CodexRunner(Path("codex"), model).command(Task("Fix it."), sandbox)
    [provider] = settings(launch)["model_providers"].values()
    assert launch.key is None
    assert "env_key" not in provider
    assert provider["base_url"] == "http://10.0.0.5:11434/v1"
    assert launch.destination == model.destination


FAILURES = [
    ("unexpected status 401 Unauthorized: no, url: http://x/v1/responses", "agent_key_refused"),
    ("unexpected status 403 Forbidden: no, url: http://x/v1/responses", "agent_key_refused"),
    ("The model `gpt-9.1` does not exist or you do not have access to it.", "model_unknown"),
    ("exceeded retry limit, last status: 429 Too Many Requests", "model_unavailable"),
    (
        "We\u2019re currently experiencing high demand, which may cause temporary errors.",
        "model_unavailable",
    ),
    ("Connection failed: error sending request", "model_unavailable"),
    (
        "stream disconnected before completion: idle timeout waiting for SSE",
        "model_unavailable",
    ),
    (
        "stream disconnected before completion: Transport error: network error: error decoding "
        "response body",
        "model_unavailable",
    ),
    ("Something else.", "agent_failed"),
]


@pytest.mark.parametrize(("message", "outcome"), FAILURES)
def test_a_turn_that_failed_has_an_outcome(runner: CodexRunner, message: str, outcome: str) -> None:
    events = parse(runner, STARTED, trouble(message), failed(message))
    verdict = runner.judge(events, Exited(1, None, "exited"))
    assert (verdict.ok, verdict.outcome) == (False, outcome)
    assert sum(isinstance(event, AgentError) for event in events) == 1


@pytest.mark.parametrize(("message", "outcome"), FAILURES)
def test_only_what_is_hopeless_ends_it_while_it_tries_again(
    runner: CodexRunner, message: str, outcome: str
) -> None:
    [error] = parse(runner, trouble(f"Reconnecting... 1/2 ({message})"))
    assert isinstance(error, AgentError)
    assert error.fatal == (outcome in {"agent_key_refused", "model_unknown"})


def test_what_it_came_over_is_no_failure(runner: CodexRunner) -> None:
    again = trouble(
        "Reconnecting... 1/2 (exceeded retry limit, last status: 429 Too Many Requests)"
    )
    said = item("agent_message", text="Fixed.")
    events = parse(runner, STARTED, again, said, completed(1, 1))
    assert runner.judge(events, ENDED).ok
    assert runner.judge(events, ENDED).reason == "Fixed."


def test_a_model_that_never_answered_is_not_the_fault_of_the_time_limit(
    runner: CodexRunner,
) -> None:
    late = Exited(None, 9, "timeout")
    silent = parse(runner, STARTED, {"type": "turn.started"})
    assert runner.judge(silent, late).outcome == "model_unavailable"
    busy = [*silent, *parse(runner, item("agent_message", text="I look."))]
    assert runner.judge(busy, late).outcome == "time_limit"


def test_the_key_goes_by_its_own_way(runner: CodexRunner, sandbox: DirectorySandbox) -> None:
    launch = runner.command(Task("Fix it."), sandbox)
    assert launch.key is not None
    assert (launch.key.variable, launch.key.header, launch.key.prefix) == (
        "OPENAI_API_KEY",
        "authorization",
        "Bearer ",
    )
    assert "secret-key" not in repr(launch)
    assert replace(launch, key=None).env.get("OPENAI_API_KEY") is None


def test_noise_of_the_program_is_not_told(runner: CodexRunner) -> None:
    assert (
        list(runner.parse("warning: Untrusted project-local configuration is disabled. Run")) == []
    )
    assert list(runner.parse("thread panicked")) == [AgentError("thread panicked")]
