"""OpenCode's lines: understood, its failed tries counted, its end judged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agents.runners import failures
from agents.runners.base import (
    AgentError,
    AgentEvent,
    FileEdit,
    Finished,
    Message,
    SessionStarted,
    ToolCall,
    ToolResult,
    Usage,
)
from agents.runners.models import ModelChoice
from agents.runners.opencode import OpenCodeRunner
from agents.sandboxes.base import Exited

ENDED = Exited(0, None, "exited")
KILLED = Exited(None, 9, "killed")
SESSION = "ses_e0917b7aeffe9eQOjV1WoaqFyH"


@pytest.fixture
def runner() -> OpenCodeRunner:
    model = ModelChoice("anthropic", "some/model", key="secret-key")
    runner = OpenCodeRunner(Path("/opt/opencode"), model)
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


A_TRY = "timestamp=2026-01-01T00:00:00Z level=INFO run=1 message=stream modelID=m small=false a=b"


def say(runner: OpenCodeRunner, *lines: str) -> list[AgentEvent]:
    return [event for line in lines for event in runner.parse(line)]


def errors(events: Sequence[AgentEvent]) -> list[tuple[bool, str]]:
    return [(each.fatal, each.outcome) for each in events if isinstance(each, AgentError)]


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


def test_its_log_tells_of_tries_and_there_is_no_fourth(runner: OpenCodeRunner) -> None:
    events = say(runner, *[A_TRY, failed_try("oops")] * 3)
    assert errors(events) == [(False, "model_unavailable")] * 3
    assert errors(say(runner, A_TRY)) == [(True, "model_unavailable")]


def test_of_tries_that_wait_for_an_answer_there_is_no_third(runner: OpenCodeRunner) -> None:
    events = say(runner, *[A_TRY, failed_try("headers timed out")] * 2, A_TRY)
    assert [fatal for fatal, _ in errors(events)] == [False, False, True]


def test_tries_that_failed_without_a_word_count_too(runner: OpenCodeRunner) -> None:
    events = say(runner, *[A_TRY] * 4)
    assert errors(events) == [(False, "model_unavailable")] * 2 + [(True, "model_unavailable")]


def test_of_tries_that_took_long_there_is_no_third(runner: OpenCodeRunner) -> None:
    later = [A_TRY.replace("T00:00:00Z", f"T00:0{minute}:00.123Z") for minute in range(3)]
    assert say(runner, *later)[-1] == failures.because(failures.SILENT)


@pytest.mark.parametrize("moment", ["yesterday", "0001-01-01T00:00:00+23:59", "9999-99-99", "1e9"])
def test_a_moment_that_is_none_counts_as_any(runner: OpenCodeRunner, moment: str) -> None:
    events = say(runner, *[A_TRY.replace("2026-01-01T00:00:00Z", moment)] * 4)
    assert [fatal for fatal, _ in errors(events)] == [False, False, True]


def test_a_try_that_only_began_to_answer_is_no_answer(runner: OpenCodeRunner) -> None:
    events: list[AgentEvent] = []
    for _ in range(4):
        events += [*say(runner, A_TRY), *parse(runner, {"type": "step_start", "part": {}})]
    assert [fatal for fatal, _ in errors(events)] == [False, False, True]


def test_a_refused_key_in_the_log_is_enough(runner: OpenCodeRunner) -> None:
    events = say(runner, A_TRY, failed_try("invalid api key"))
    assert errors(events) == [(True, "agent_key_refused")]


def test_tries_are_counted_anew_after_an_answer(runner: OpenCodeRunner) -> None:
    events: list[AgentEvent] = []
    for _ in range(5):
        events += say(runner, A_TRY, failed_try("oops"), A_TRY, failed_try("oops"), A_TRY)
        events += parse(runner, step("tool-calls", input=1, output=1))
    events += parse(runner, step("stop"))
    assert not any(fatal for fatal, _ in errors(events))
    assert runner.judge(events, ENDED).ok


def test_other_lines_of_its_log_are_left_out(runner: OpenCodeRunner) -> None:
    line = 'timestamp=2026-01-01T00:00:00Z level=ERROR run=1 message=process error="x"'
    assert list(runner.parse(line)) == []
    assert say(runner, *[A_TRY.replace("small=false", "small=true")] * 9) == []
    assert list(runner.parse("\x1b[91mError: \x1b[0mno such thing")) == [
        AgentError("Error: no such thing")
    ]


def test_a_time_out_while_the_model_fails_is_the_models_fault(runner: OpenCodeRunner) -> None:
    late = Exited(None, 9, "timeout")
    waiting = [*parse(runner, {"type": "step_start"}), *runner.parse(failed_try("rate limit"))]
    assert runner.judge(waiting, late).outcome == "model_unavailable"
    working = [*waiting, ToolCall("bash", "sleep 9999")]
    assert runner.judge(working, late).outcome == "time_limit"
