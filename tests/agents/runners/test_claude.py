"""Claude Code: its lines understood, its key kept in one process, its result judged."""

from __future__ import annotations

import json
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
    KeyUse,
    Message,
    SessionStarted,
    Task,
    ToolCall,
    ToolResult,
    Usage,
)
from agents.runners.claude import ClaudeRunner
from agents.runners.models import ModelChoice
from agents.sandboxes.base import Exited, SandboxError
from tests.agents.runners.contract import CommandRunnerContract
from tests.stand_ins.directory_sandbox import DirectorySandbox

ENDED = Exited(0, None, "exited")
SESSION = "0b0e6a1c-5a4f-4bb5-9d0e-0f4c5a3b2a10"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that answers like the real one would, installed by npm."""
    package = tmp_path / "prefix" / "node_modules" / "@anthropic-ai" / "claude-code"
    package.mkdir(parents=True)
    program = package / "claude"
    program.write_text("#!/bin/sh\necho 2.1.0\n")
    program.chmod(0o755)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "claude").symlink_to(program)
    return tmp_path / "bin" / "claude"


@pytest.fixture
def runner(program: Path) -> ClaudeRunner:
    return ClaudeRunner(program, ModelChoice("anthropic", "claude-test", key="secret-key"))


def parse(runner: ClaudeRunner, *records: dict[str, Any]) -> list[AgentEvent]:
    return [event for record in records for event in runner.parse(json.dumps(record))]


def tool_use(name: str, call: str, **arguments: str) -> dict[str, Any]:
    block = {"type": "tool_use", "id": call, "name": name, "input": arguments}
    return {"type": "assistant", "message": {"content": [block]}}


def tool_result(call: str, content: Any, **more: Any) -> dict[str, Any]:
    block = {"type": "tool_result", "tool_use_id": call, "content": content, **more}
    return {"type": "user", "message": {"content": [block]}}


def result(**more: Any) -> dict[str, Any]:
    return {"type": "result", "subtype": "success", "is_error": False, "result": "Fixed.", **more}


INIT = {"type": "system", "subtype": "init", "cwd": "/w/repo", "session_id": SESSION, "model": "m"}
WORDS = {"type": "assistant", "message": {"content": [{"type": "text", "text": "I look."}]}}
RETRY = {"type": "system", "subtype": "api_retry", "attempt": 1, "error": "failed"}


class TestContract(CommandRunnerContract):
    """The rules of every command line program."""


def test_a_run_becomes_events(runner: ClaudeRunner) -> None:
    edited = tool_result("c2", "The file has been updated.")
    edited["tool_use_result"] = {"filePath": "/w/repo/src/calc.py", "structuredPatch": []}
    read = tool_result("c1", [{"type": "text", "text": "1\tdef add\n2\t    return"}])
    read["tool_use_result"] = {"type": "text", "file": {"filePath": "/w/repo/src/calc.py"}}
    events = parse(
        runner,
        INIT,
        WORDS,
        tool_use("Read", "c1", file_path="/w/repo/src/calc.py"),
        read,
        tool_use("Edit", "c2", file_path="/w/repo/src/calc.py", old_string="-", new_string="+"),
        edited,
        tool_use("Bash", "c3", command="pytest\n-q", description="run"),
        tool_result("c3", "1 failed", is_error=True),
        result(usage={"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 3}),
    )
    assert events == [
        SessionStarted(SESSION, "m"),
        Message("I look."),
        ToolCall("Read", "src/calc.py", "c1"),
        ToolResult("Read", True, "1\tdef add", "c1"),
        ToolCall("Edit", "src/calc.py", "c2"),
        FileEdit("src/calc.py"),
        ToolResult("Edit", True, "The file has been updated.", "c2"),
        ToolCall("Bash", "pytest -q", "c3"),
        ToolResult("Bash", False, "1 failed", "c3"),
        Usage(13, 5, 3, None),
        Finished(True, "Fixed."),
    ]


def test_each_answer_is_counted_once_and_the_end_adds_what_is_missing(
    runner: ClaudeRunner,
) -> None:
    """Its messages say early what went in, again and again; only the end says all."""
    said = {"input_tokens": 7, "cache_read_input_tokens": 90, "cache_creation_input_tokens": 3}
    message = {
        "id": "m1",
        "model": "claude-a",
        "content": [],
        "usage": {**said, "output_tokens": 1},
    }
    answer = {"type": "assistant", "message": message}
    models = {
        "claude-a": {
            "inputTokens": 7,
            "outputTokens": 20,
            "cacheReadInputTokens": 90,
            "cacheCreationInputTokens": 3,
        },
        "claude-b": {"inputTokens": 5, "outputTokens": 2},
    }
    end = result(modelUsage=models, total_cost_usd=0.25)
    assert [e for e in parse(runner, answer, answer, end) if isinstance(e, Usage)] == [
        Usage(100, 0, 90, None, 3, "claude-a"),
        Usage(0, 20, 0, None, 0, "claude-a"),
        Usage(5, 2, 0, None, 0, "claude-b"),
    ]


def test_success_needs_a_result_without_an_error(runner: ClaudeRunner) -> None:
    verdict = runner.judge(parse(runner, INIT, WORDS, result()), ENDED)
    assert (verdict.ok, verdict.reason, verdict.session_id) == (True, "Fixed.", SESSION)


def test_a_result_that_repeats_the_last_message_is_told_once(runner: ClaudeRunner) -> None:
    events = parse(runner, INIT, WORDS, result(result="I look."))
    assert events[-1] == Finished(True, "")
    assert runner.judge(events, ENDED).reason == "I look."


def test_an_exit_code_of_0_without_a_result_is_a_failure(runner: ClaudeRunner) -> None:
    verdict = runner.judge(parse(runner, INIT, WORDS), ENDED)
    assert (verdict.ok, verdict.outcome) == (False, "agent_failed")


@pytest.mark.parametrize("subtype", ["success", "error_max_turns", "error_during_execution"])
def test_an_error_in_the_result_is_a_failure(runner: ClaudeRunner, subtype: str) -> None:
    record = {"type": "result", "subtype": subtype, "is_error": True}
    verdict = runner.judge(parse(runner, INIT, record), ENDED)
    assert (verdict.ok, verdict.outcome) == (False, "agent_failed")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(401, "agent_key_refused"), (403, "agent_key_refused"), (404, "model_unknown")],
)
def test_what_cannot_come_right_is_seen_at_the_first_retry(
    runner: ClaudeRunner, status: int, outcome: str
) -> None:
    events = parse(runner, INIT, {**RETRY, "error_status": status})
    assert [event.fatal for event in events if isinstance(event, AgentError)] == [True]
    verdict = runner.judge(events, Exited(None, 9, "killed"))
    assert (verdict.ok, verdict.outcome) == (False, outcome)


@pytest.mark.parametrize("status", [429, 500, 529])
def test_other_retries_are_told_and_not_fatal(runner: ClaudeRunner, status: int) -> None:
    events = parse(runner, INIT, {**RETRY, "error_status": status}, result())
    assert [event.fatal for event in events if isinstance(event, AgentError)] == [False]
    assert runner.judge(events, ENDED).ok


def test_a_model_that_says_nothing_is_not_waited_for_a_third_time(runner: ClaudeRunner) -> None:
    silent = {**RETRY, "error_status": None, "error": "unknown"}
    events = parse(runner, INIT, silent, {**silent, "attempt": 2})
    assert [event.fatal for event in events if isinstance(event, AgentError)] == [False, True]
    assert runner.judge(events, Exited(None, 9, "killed")).outcome == "model_unavailable"


def test_the_end_of_all_retries_says_why(runner: ClaudeRunner) -> None:
    end = result(is_error=True, api_error_status=529, result="API Error: overloaded")
    verdict = runner.judge(parse(runner, INIT, end), Exited(1, None, "exited"))
    assert (verdict.ok, verdict.outcome) == (False, "model_unavailable")


def test_a_recovery_in_between_clears_the_model_of_blame(runner: ClaudeRunner) -> None:
    retry = {**RETRY, "error_status": 500}
    end = {"type": "result", "subtype": "error_max_turns", "is_error": True}
    verdict = runner.judge(parse(runner, INIT, retry, WORDS, end), Exited(1, None, "exited"))
    assert verdict.outcome == "agent_failed"


def test_a_run_over_its_time_has_its_own_outcome(runner: ClaudeRunner) -> None:
    verdict = runner.judge(parse(runner, INIT, WORDS), Exited(None, 9, "timeout"))
    assert (verdict.ok, verdict.outcome) == (False, "time_limit")


def test_the_first_round_names_its_session_and_the_next_one_resumes_it(
    runner: ClaudeRunner, sandbox: DirectorySandbox, task: Task
) -> None:
    first = list(runner.command(task, sandbox).argv)
    assert "--session-id" in first
    assert first == list(runner.command(task, sandbox).argv)
    second = replace(task, round=2, feedback="It fails.", session_id=SESSION)
    launch = runner.command(second, sandbox)
    assert launch.argv[launch.argv.index("--resume") + 1] == SESSION
    assert sandbox.read(launch.argv[3]) == b"It fails."


def test_a_second_round_without_a_session_says_everything(
    runner: ClaudeRunner, sandbox: DirectorySandbox, task: Task
) -> None:
    launch = runner.command(replace(task, round=2, feedback="It fails."), sandbox)
    assert sandbox.read(launch.argv[3]) == b"Fix the sum.\n\nIt fails."


def test_the_environment_is_what_the_program_needs(
    runner: ClaudeRunner, sandbox: DirectorySandbox, task: Task
) -> None:
    launch = runner.command(task, sandbox)
    assert launch.env["HOME"].startswith(sandbox.root)
    assert launch.env["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] == "1"
    assert "ANTHROPIC_BASE_URL" not in launch.env
    assert launch.key == KeyUse("ANTHROPIC_API_KEY", "secret-key", "x-api-key")


def test_commands_of_the_agent_do_not_see_the_key(
    runner: ClaudeRunner, sandbox: DirectorySandbox, task: Task
) -> None:
    env = runner.command(task, sandbox).env
    prefix = env["CLAUDE_CODE_SHELL_PREFIX"]
    done = sandbox.run([prefix, 'echo "key:$ANTHROPIC_API_KEY home:$HOME"'], env=env)
    assert done.text == f"key: home:{env['HOME']}\n"


def test_the_repositorys_own_settings_of_the_agent_are_not_read(
    runner: ClaudeRunner, sandbox: DirectorySandbox, task: Task
) -> None:
    argv = list(runner.command(task, sandbox).argv)
    assert argv[argv.index("--setting-sources") + 1] == "user"
    assert "--strict-mcp-config" in argv


def test_hooks_of_the_project_become_settings(
    runner: ClaudeRunner, sandbox: DirectorySandbox, task: Task
) -> None:
    hooks = [AgentHook("before_tool", "look"), AgentHook("at_end", "tidy"), AgentHook("other", "x")]
    argv = list(runner.command(replace(task, hooks=hooks), sandbox).argv)
    settings = json.loads(sandbox.read(argv[argv.index("--settings") + 1]))
    assert settings["hooks"] == {
        "PreToolUse": [{"matcher": "*", "hooks": [{"type": "command", "command": "look"}]}],
        "Stop": [{"matcher": "", "hooks": [{"type": "command", "command": "tidy"}]}],
    }


def test_a_plan_is_made_without_permission_to_change_anything(
    runner: ClaudeRunner, sandbox: DirectorySandbox, task: Task
) -> None:
    argv = runner.command(replace(task, plan_only=True), sandbox).argv
    assert "--dangerously-skip-permissions" not in argv
    assert argv[argv.index("--permission-mode") + 1] == "plan"


def test_a_program_that_does_not_start_is_explained(
    program: Path, runner: ClaudeRunner, sandbox: DirectorySandbox
) -> None:
    program.resolve().write_text("#!/bin/sh\necho broken; exit 1\n")
    with pytest.raises(SandboxError, match=r"claude-code 2\.1\.197"):
        runner.prepare(sandbox)
