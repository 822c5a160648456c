"""OpenCode: its lines understood, its one configuration, its failed tries counted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agents.runners.base import (
    AgentError,
    AgentEvent,
    FileEdit,
    Finished,
    KeyUse,
    McpServer,
    Message,
    SessionStarted,
    Task,
    ToolCall,
    ToolResult,
    Usage,
)
from agents.runners.models import ModelChoice
from agents.runners.opencode import OpenCodeRunner
from agents.sandboxes.base import Exited
from tests.agents.runners.contract import CommandRunnerContract
from tests.stand_ins.directory_sandbox import DirectorySandbox

ENDED = Exited(0, None, "exited")
KILLED = Exited(None, 9, "killed")
SESSION = "ses_e0917b7aeffe9eQOjV1WoaqFyH"


def made(
    provider: str = "anthropic", base_url: str = "", key: str = "secret-key"
) -> OpenCodeRunner:
    return OpenCodeRunner(Path("/opt/opencode"), ModelChoice(provider, "some/model", key, base_url))


@pytest.fixture
def runner() -> OpenCodeRunner:
    runner = made()
    runner._stream.repository = "/w/repo"
    return runner


def parse(runner: OpenCodeRunner, *records: dict[str, Any]) -> list[AgentEvent]:
    return [
        event
        for record in records
        for event in runner.parse(json.dumps({"sessionID": SESSION, **record}))
    ]


def tool(name: str, status: str = "completed", output: str = "", **state: Any) -> dict[str, Any]:
    part = {"tool": name, "callID": "c1", "state": {"status": status, "output": output, **state}}
    return {"type": "tool_use", "part": part}


def step(reason: str, **tokens: Any) -> dict[str, Any]:
    return {"type": "step_finish", "part": {"reason": reason, "cost": 0.1, "tokens": tokens}}


def failure(status: int | None, message: str, name: str = "APIError") -> dict[str, Any]:
    data = {"message": message, "statusCode": status}
    return {"type": "error", "error": {"name": name, "data": data}}


def failed_try(said: str) -> str:
    return (
        'timestamp=2026-01-01T00:00:00Z level=ERROR run=1 message="stream error" '
        f'providerID=p modelID=m small=false error.error="AI_APICallError: {said}"'
    )


def errors(events: Sequence[AgentEvent]) -> list[tuple[bool, str]]:
    return [(each.fatal, each.outcome) for each in events if isinstance(each, AgentError)]


def config(runner: OpenCodeRunner, task: Task, sandbox: DirectorySandbox) -> dict[str, Any]:
    env = runner.command(task, sandbox).env
    found: dict[str, Any] = json.loads(env[f"{runner.prefix}_CONFIG_CONTENT"])
    return found


class TestContract(CommandRunnerContract):
    """The rules of every command line program."""

    session = SESSION


def test_a_run_becomes_events(runner: OpenCodeRunner) -> None:
    edit = {"filePath": "/w/repo/src/calc.py", "oldString": "-", "newString": "+"}
    events = parse(
        runner,
        {"type": "step_start", "part": {}},
        tool("read", output="<path>calc.py</path>", input={"filePath": "/w/repo/src/calc.py"}),
        step("tool-calls", input=10, output=5, reasoning=2, cache={"read": 3, "write": 1}),
        tool("edit", output="Edit applied.", input=edit),
        tool("edit", status="error", error="No match.", input=edit),
        tool("bash", output="1 failed\n", input={"command": "pytest\n-q"}, metadata={"exit": 1}),
        {"type": "text", "part": {"text": "Fixed."}},
        step("stop"),
    )
    assert events == [
        SessionStarted(SESSION, "some/model"),
        ToolCall("read", "src/calc.py", "c1"),
        ToolResult("read", True, "<path>calc.py</path>", "c1"),
        Usage(14, 7, 3, None, 1, "some/model"),
        ToolCall("edit", "src/calc.py", "c1"),
        FileEdit("src/calc.py"),
        ToolResult("edit", True, "Edit applied.", "c1"),
        ToolCall("edit", "src/calc.py", "c1"),
        ToolResult("edit", False, "No match.", "c1"),
        ToolCall("bash", "pytest -q", "c1"),
        ToolResult("bash", False, "1 failed", "c1"),
        Message("Fixed."),
        Finished(True, ""),
    ]
    verdict = runner.judge(events, ENDED)
    assert (verdict.ok, verdict.reason, verdict.session_id) == (True, "Fixed.", SESSION)


def test_a_patch_edits_each_file_that_it_names(runner: OpenCodeRunner) -> None:
    patch = (
        "*** Begin Patch\n*** Update File: a.py\n*** Move to: b/c.py\n@@\n-x\n+y\n"
        "*** Add File: /w/repo/new.py\n+z\n*** Delete File: ../outside.py\n*** End Patch\n"
    )
    events = parse(runner, tool("apply_patch", input={"patchText": patch}))
    assert [e.path for e in events if isinstance(e, FileEdit)] == ["a.py", "b/c.py", "new.py"]


def test_files_outside_of_the_repository_are_no_edits_of_it(runner: OpenCodeRunner) -> None:
    for path in ("/w/summary.md", "/w/repo/../x", "/w/repository/x", "../../etc/passwd"):
        events = parse(runner, tool("write", input={"filePath": path}))
        assert not any(isinstance(event, FileEdit) for event in events)


@pytest.mark.parametrize(
    ("status", "message", "outcome"),
    [
        (401, "invalid api key", "agent_key_refused"),
        (403, "forbidden", "agent_key_refused"),
        (402, "no credit", "model_unavailable"),
        (404, "model: some/model", "model_unknown"),
        (400, "some/model is not a valid model ID", "model_unknown"),
        (429, "slow down", "model_unavailable"),
        (500, "oops", "model_unavailable"),
        (529, "Overloaded", "model_unavailable"),
        (None, "The socket connection was closed unexpectedly.", "model_unavailable"),
        (None, "Provider response headers timed out after 60000ms", "model_unavailable"),
        (None, "Model not found: mock/nope.", "model_unknown"),
        (400, "messages: too many", "agent_failed"),
        (None, "Something else.", "agent_failed"),
    ],
)
def test_an_error_is_its_last_word(
    runner: OpenCodeRunner, status: int | None, message: str, outcome: str
) -> None:
    events = parse(runner, failure(status, message))
    verdict = runner.judge(events, KILLED)
    assert [fatal for fatal, _ in errors(events)] == [True]
    assert (verdict.ok, verdict.outcome) == (False, outcome)


def test_a_conversation_that_became_too_long_goes_on(runner: OpenCodeRunner) -> None:
    long = failure(400, "prompt is too long", name="ContextOverflowError")
    events = parse(runner, long, {"type": "text", "part": {"text": "Fixed."}}, step("stop"))
    assert errors(events) == [(False, "")]
    assert runner.judge(events, ENDED).ok


@pytest.mark.parametrize("reason", ["length", "content-filter", "error", "other"])
def test_an_answer_that_stopped_early_is_no_success(runner: OpenCodeRunner, reason: str) -> None:
    assert not runner.judge(parse(runner, step(reason)), ENDED).ok


def test_its_log_tells_of_tries_and_the_third_is_the_last(runner: OpenCodeRunner) -> None:
    events = [event for _ in range(3) for event in runner.parse(failed_try("oops"))]
    assert errors(events) == [(False, "model_unavailable")] * 2 + [(True, "model_unavailable")]


def test_of_tries_that_wait_for_an_answer_the_second_is_the_last(runner: OpenCodeRunner) -> None:
    events = [event for _ in range(2) for event in runner.parse(failed_try("headers timed out"))]
    assert [fatal for fatal, _ in errors(events)] == [False, True]


def test_tries_are_counted_anew_after_an_answer(runner: OpenCodeRunner) -> None:
    events: list[AgentEvent] = []
    for _ in range(5):
        events += runner.parse(failed_try("oops"))
        events += parse(runner, step("tool-calls", input=1, output=1))
    events += parse(runner, step("stop"))
    assert not any(fatal for fatal, _ in errors(events))
    assert runner.judge(events, ENDED).ok


def test_other_lines_of_its_log_are_left_out(runner: OpenCodeRunner) -> None:
    line = 'timestamp=2026-01-01T00:00:00Z level=ERROR run=1 message=process error="x"'
    assert list(runner.parse(line)) == []
    assert list(runner.parse("\x1b[91mError: \x1b[0mno such thing")) == [
        AgentError("Error: no such thing")
    ]


def test_a_time_out_while_the_model_fails_is_the_models_fault(runner: OpenCodeRunner) -> None:
    late = Exited(None, 9, "timeout")
    waiting = [*parse(runner, {"type": "step_start"}), *runner.parse(failed_try("rate limit"))]
    assert runner.judge(waiting, late).outcome == "model_unavailable"
    working = [*waiting, ToolCall("bash", "sleep 9999")]
    assert runner.judge(working, late).outcome == "time_limit"


@pytest.mark.parametrize(
    ("provider", "base_url", "client", "address", "header"),
    [
        ("anthropic", "", "anthropic", "https://api.anthropic.com/v1", "x-api-key"),
        ("anthropic", "http://g.example", "anthropic", "http://g.example/v1", "x-api-key"),
        ("openai", "", "openai", "https://api.openai.com/v1", "authorization"),
        (
            "openai",
            "http://g.example/v1",
            "openai-compatible",
            "http://g.example/v1",
            "authorization",
        ),
        ("openrouter", "", "openai-compatible", "https://openrouter.ai/api/v1", "authorization"),
        (
            "google",
            "",
            "google",
            "https://generativelanguage.googleapis.com/v1beta",
            "x-goog-api-key",
        ),
        ("ollama", "http://box:11434", "openai-compatible", "http://box:11434/v1", "authorization"),
    ],
)
def test_each_provider_has_its_client_address_and_header(
    sandbox: DirectorySandbox, provider: str, base_url: str, client: str, address: str, header: str
) -> None:
    runner = made(provider, base_url)
    found = config(runner, Task("Fix it."), sandbox)["provider"][provider]
    assert (found["npm"], found["options"]["baseURL"]) == (f"@ai-sdk/{client}", address)
    assert found["options"]["apiKey"] == "{env:SOULCASTER_MODEL_KEY}"
    assert runner.key().header == header


def test_a_server_that_wants_no_key_gets_a_word(sandbox: DirectorySandbox) -> None:
    runner = made("ollama", "http://box:11434", key="")
    assert runner.key() == KeyUse("SOULCASTER_MODEL_KEY", "none", "authorization", "Bearer ")


def test_only_the_chosen_model_is_asked(sandbox: DirectorySandbox) -> None:
    found = config(made(), Task("Fix it."), sandbox)
    assert found["enabled_providers"] == ["anthropic"]
    assert found["model"] == found["small_model"] == "anthropic/some/model"
    argv = list(made().command(Task("Fix it."), sandbox).argv)
    assert argv[argv.index("--model") + 1] == "anthropic/some/model"
    # With a title it asks for none, so that every request is one of the stream.
    assert "--title" in argv


def test_servers_of_the_project_do_not_see_the_key(sandbox: DirectorySandbox) -> None:
    servers = [
        McpServer("docs", ["serve", "it"], environment={"A": "1"}),
        McpServer("far", url="https://far.example/mcp"),
    ]
    assert config(made(), Task("Fix it.", mcp_servers=servers), sandbox)["mcp"] == {
        "docs": {
            "type": "local",
            "command": ["env", "-u", "SOULCASTER_MODEL_KEY", "serve", "it"],
            "environment": {"A": "1"},
            "enabled": True,
        },
        "far": {"type": "remote", "url": "https://far.example/mcp", "enabled": True},
    }


def test_commands_of_the_agent_do_not_see_the_key(sandbox: DirectorySandbox) -> None:
    shell = config(made(), Task("Fix it."), sandbox)["shell"]
    env = {"SOULCASTER_MODEL_KEY": "secret-key"}
    done = sandbox.run([shell, "-c", 'echo "key:$SOULCASTER_MODEL_KEY"'], env=env)
    assert done.text == "key:\n"


def test_the_repositorys_own_settings_are_not_read(sandbox: DirectorySandbox) -> None:
    env = made().command(Task("Fix it."), sandbox).env
    for name in ("DISABLE_PROJECT_CONFIG", "DISABLE_EXTERNAL_SKILLS", "PURE"):
        assert env[f"OPENCODE_{name}"] == "1"


def test_a_planner_may_change_nothing(sandbox: DirectorySandbox) -> None:
    task = Task("Plan it.", plan_only=True)
    argv = list(made().command(task, sandbox).argv)
    agent = config(made(), task, sandbox)["agent"][argv[argv.index("--agent") + 1]]
    assert agent["permission"] == {"edit": "deny", "bash": "deny", "task": "deny"}
