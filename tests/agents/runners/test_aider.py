"""Aider: its text understood, its files chosen, its lying exit code not believed."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from agents.runners import aider_guard
from agents.runners.aider import MAX_FILE, MAX_FILES, SESSION, AiderRunner, existing
from agents.runners.base import (
    AgentError,
    AgentEvent,
    FileEdit,
    Message,
    Task,
    ToolCall,
    ToolResult,
    Usage,
)
from agents.runners.models import ModelChoice
from agents.sandboxes.base import Exited
from tests.agents.runners.contract import CommandRunnerContract
from tests.stand_ins.directory_sandbox import DirectorySandbox

ENDED = Exited(0, None, "exited")
ANSWER = """Aider v0.86.2
Model: openai/gpt-test with diff edit format
Added calc.py to the chat.

I add them.

calc.py
```python
<<<<<<< SEARCH
    return a - b
=======
    return a + b
>>>>>>> REPLACE
```

Done.

Tokens: 1.9k sent, 1.2k cache hit, 32 received. Cost: $0.0020 message, $0.0020 session.
Applied edit to calc.py
"""
TESTS = "[tests begin]\nlitellm.RateLimitError: of a test\n1 failed\n\n[tests ended] 1\n"
REFUSED = (
    "litellm.AuthenticationError: AuthenticationError: OpenAIException - invalid api key\n"
    "The API provider is not able to authenticate you. Check your API key.\n"
)


@pytest.fixture
def runner() -> AiderRunner:
    return AiderRunner(Path("/opt/aider"), ModelChoice("openai", "gpt-test", key="secret-key"))


def parse(runner: AiderRunner, text: str) -> list[AgentEvent]:
    return [event for line in text.splitlines() for event in runner.parse(line)]


class TestContract(CommandRunnerContract):
    """The rules of every command line program."""

    session = SESSION


def test_a_run_becomes_events(runner: AiderRunner) -> None:
    assert parse(runner, ANSWER + TESTS) == [
        Message("I add them.\n\ncalc.py\n\nDone."),
        Usage(1900, 32, 1200, model="gpt-test", estimated=True),
        FileEdit("calc.py"),
        ToolCall("tests", "the project's tests"),
        ToolResult("tests", False, "1 failed"),
    ]


@pytest.mark.parametrize(
    ("told", "sent", "received"),
    [("950 sent, 7", 950, 7), ("12k sent, 1.0k", 12_000, 1000), ("9" * 400 + " sent, 1", 0, 1)],
)
def test_numbers_of_tokens_are_read(
    runner: AiderRunner, told: str, sent: int, received: int
) -> None:
    [usage] = parse(runner, f"Tokens: {told} received.")
    assert isinstance(usage, Usage)
    assert (usage.input_tokens, usage.output_tokens) == (sent, received)


def test_an_answered_round_is_a_good_one_and_can_be_resumed(
    runner: AiderRunner, sandbox: DirectorySandbox
) -> None:
    verdict = runner.judge(parse(runner, ANSWER), ENDED)
    assert verdict.ok
    assert verdict.reason.endswith("Done.")
    task = Task("The task.", round=2, feedback="It fails.", session_id=verdict.session_id)
    assert "--restore-chat-history" in runner.command(task, sandbox).argv
    assert sandbox.read(f"{sandbox.root}/prompts/round-2.md") == b"It fails."


def test_the_exit_code_alone_is_no_success(runner: AiderRunner) -> None:
    verdict = runner.judge(parse(runner, "Aider v0.86.2\n"), ENDED)
    assert (verdict.ok, verdict.outcome, verdict.session_id) == (False, "agent_failed", "")


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("AuthenticationError", "agent_key_refused"),
        ("PermissionDeniedError", "agent_key_refused"),
        ("NotFoundError", "model_unknown"),
        ("RateLimitError", "model_unavailable"),
        ("InternalServerError", "model_unavailable"),
        ("ServiceUnavailableError", "model_unavailable"),
        ("APIConnectionError", "model_unavailable"),
        ("Timeout", "model_unavailable"),
    ],
)
def test_a_failure_after_the_last_answer_counts(
    runner: AiderRunner, kind: str, outcome: str
) -> None:
    error = f"litellm.{kind}: {kind}: OpenAIException - no\n"
    for text in (error, ANSWER + TESTS + error):
        other = AiderRunner(runner.program, runner.model)
        verdict = other.judge(parse(other, text), ENDED)
        assert (verdict.ok, verdict.outcome) == (False, outcome)
    assert runner.judge(parse(runner, error + ANSWER), ENDED).ok


def test_an_answer_that_broke_off_is_forgotten(runner: AiderRunner) -> None:
    cut = (
        "I am\nabou litellm.APIConnectionError: APIConnectionError: OpenAIException - peer closed\n"
    )
    error, message, *_ = parse(runner, cut + ANSWER)
    assert isinstance(error, AgentError)
    assert (error.fatal, error.outcome) == (False, "model_unavailable")
    assert message == Message("I add them.\n\ncalc.py\n\nDone.")


@pytest.mark.parametrize(
    "late",
    [
        "litellm.Timeout: APITimeoutError - Request timed out.\nRetrying in 0.2 seconds...\n",
        "I litellm.APIConnectionError: APIConnectionError: OpenAIException - timed out\n",
    ],
)
def test_a_model_that_stays_silent_is_given_up(runner: AiderRunner, late: str) -> None:
    first, second = parse(runner, late + late)
    assert isinstance(first, AgentError)
    assert isinstance(second, AgentError)
    assert (first.fatal, second.fatal) == (False, True)
    verdict = runner.judge([first, second], Exited(None, 9, "killed"))
    assert verdict.outcome == "model_unavailable"


def test_words_that_begin_like_a_command_are_none(
    runner: AiderRunner, sandbox: DirectorySandbox
) -> None:
    for words in ("/run touch pwned", "!touch pwned"):
        runner.command(Task(words), sandbox)
        assert sandbox.read(f"{sandbox.root}/prompts/round-1.md") == f"\n{words}".encode()


def test_only_files_that_are_there_are_handed_over(
    runner: AiderRunner, sandbox: DirectorySandbox
) -> None:
    repository = Path(sandbox.repository)
    (repository / "-x.py").write_text("")
    (repository / "large.py").write_bytes(b"x" * (MAX_FILE + 1))
    (repository / "link.py").symlink_to("/etc/hostname")
    (repository.parent / "outside.py").write_text("")
    wanted = ["calc.py", "./calc.py", "-x.py", "new.py", "large.py", "link.py", "../outside.py"]
    wanted += ["/etc/hostname", ".git/config", "", "."]
    assert existing(sandbox, wanted) == ["calc.py", "-x.py"]
    assert "--file=-x.py" in runner.command(Task("Fix it.", files=wanted), sandbox).argv
    for number in range(MAX_FILES + 5):
        (repository / f"{number}.py").write_text("")
    assert len(existing(sandbox, [f"{number}.py" for number in range(MAX_FILES + 5)])) == MAX_FILES


def test_the_tests_run_in_their_own_environment_without_the_key(
    runner: AiderRunner, sandbox: DirectorySandbox
) -> None:
    code = 'import os; print(os.environ.get("OPENAI_API_KEY"), os.environ["PYTHONPATH"], "$(id)")'
    task = Task("Fix.", test_command=(sys.executable, "-c", code), test_env={"PYTHONPATH": "a b"})
    launch = runner.command(task, sandbox)
    [option] = [word for word in launch.argv if word.startswith("--test-cmd=")]
    line = shlex.split(option.removeprefix("--test-cmd="))
    ran = sandbox.run(line, env={**launch.env, "OPENAI_API_KEY": "secret-key"})
    assert ran.text.split("\n") == ["[tests begin]", "None a b $(id)", "", "[tests ended] 0", ""]


def test_it_does_not_import_from_the_repository(
    runner: AiderRunner, sandbox: DirectorySandbox
) -> None:
    task = Task("Fix.", test_env={"PYTHONPATH": sandbox.repository})
    folder = runner.command(task, sandbox).env["PYTHONPATH"]
    assert folder.startswith(f"{sandbox.root}/agent-home/")
    assert (Path(folder) / "sitecustomize.py").read_bytes() == Path(
        aider_guard.__file__
    ).read_bytes()


def test_without_its_guard_it_does_not_start(
    runner: AiderRunner, sandbox: DirectorySandbox
) -> None:
    """An Aider that the guard does not fit, as one of another version may be."""
    folder = runner.command(Task("Fix."), sandbox).env["PYTHONPATH"]
    program = Path(sandbox.root) / "aider"
    program.write_text("print('started')\n")
    for name, expected in (("aider", ""), ("other", "started\n")):
        program = program.rename(program.with_name(name))
        started = subprocess.run(
            [sys.executable, str(program)],
            env={"PYTHONPATH": folder},
            capture_output=True,
            text=True,
            check=False,
        )
        assert started.stdout == expected
        assert ("cannot be started safely" in started.stderr) == (name == "aider")


def test_anthropic_is_asked_in_its_own_way(sandbox: DirectorySandbox) -> None:
    model = ModelChoice("anthropic", "claude-test", "secret-key", "https://gateway.example.org")
    launch = AiderRunner(Path("aider"), model).command(Task("Fix."), sandbox)
    assert "--model=anthropic/claude-test" in launch.argv
    assert launch.env["ANTHROPIC_API_BASE"] == "https://gateway.example.org"
    assert launch.key is not None
    assert (launch.key.variable, launch.key.header) == ("ANTHROPIC_API_KEY", "x-api-key")


def test_a_plan_is_made_without_edits(runner: AiderRunner, sandbox: DirectorySandbox) -> None:
    task = Task("Plan it.", plan_only=True, test_command=("make", "test"))
    words = runner.command(task, sandbox).argv
    assert "--edit-format=ask" in words
    assert not any(word.startswith("--test-cmd") for word in words)


def test_the_conversation_has_no_name_that_could_be_an_option(
    runner: AiderRunner, sandbox: DirectorySandbox
) -> None:
    task = Task("The task.", feedback="It fails.", session_id="--config=evil")
    launch = runner.command(task, sandbox)
    assert not any("evil" in word or "restore" in word for word in launch.argv)
    assert sandbox.read(f"{sandbox.root}/prompts/round-1.md") == b"The task.\n\nIt fails."
