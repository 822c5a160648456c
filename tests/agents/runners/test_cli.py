"""What all command line agents share: files, words, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agents.runners.base import (
    AgentError,
    AgentEvent,
    Finished,
    KeyUse,
    Message,
    SessionStarted,
    Task,
    ToolCall,
)
from agents.runners.cli import CliRunner, HomeFile, Room
from agents.runners.install import Install
from agents.runners.models import ModelChoice
from agents.sandboxes.base import Exited, SandboxError
from tests.stand_ins.directory_sandbox import DirectorySandbox

ENDED = Exited(0, None, "exited")
LATE = Exited(None, 9, "timeout")
KILLED = Exited(None, 9, "killed")
BUSY = AgentError("Busy.", outcome="model_unavailable")
WELL = Finished(True, "Done.")
CALL = ToolCall("bash", "pytest")


class Mute:
    repository = ""

    def parse(self, line: str) -> Iterator[AgentEvent]:
        yield Message(f"{self.repository}: {line}")


class Plain(CliRunner):
    name = "plain"
    title = "Plain"
    install = Install("pip", "plain-agent", "1.0", "plain")

    def arguments(self, task: Task, room: Room) -> list[str]:
        return ["work", room.repository]

    def environment(self, task: Task, room: Room) -> dict[str, str]:
        return {"PLAIN": "1", "SHARED": "ours"}

    def files(self, task: Task, room: Room) -> Mapping[str, HomeFile]:
        return {"bin/tool": HomeFile(b"#!/bin/sh\n", 0o755)}

    def stream(self) -> Mute:
        return Mute()


@pytest.fixture
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bin") / "plain"
    path.write_text('#!/bin/sh\necho "$HOME $*"\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def runner(program: Path) -> Plain:
    return Plain(program, ModelChoice("openai", "some", key="secret-key"))


def test_the_prompt_becomes_standard_input_and_no_shell_reads_it(
    runner: Plain, sandbox: DirectorySandbox
) -> None:
    runner.program.write_text("#!/bin/sh\ncat\n")
    launch = runner.command(Task("'; touch pwned; $(touch pwned)"), sandbox)
    done = sandbox.run(launch.argv, cwd=sandbox.repository, env=launch.env)
    assert done.text == "'; touch pwned; $(touch pwned)"
    assert not list(Path(sandbox.root).rglob("pwned"))


def test_its_home_lies_outside_of_the_repository_and_is_the_same_in_each_round(
    runner: Plain, sandbox: DirectorySandbox
) -> None:
    first, second = (runner.command(Task("x", round=each), sandbox) for each in (1, 2))
    assert first.env["HOME"] == second.env["HOME"] == f"{sandbox.root}/agent-home"
    tool = Path(first.env["HOME"]) / "bin" / "tool"
    assert tool.stat().st_mode & 0o777 == 0o755


def test_variables_of_the_tests_do_not_replace_its_own(
    runner: Plain, sandbox: DirectorySandbox
) -> None:
    task = Task("x", test_env={"SHARED": "theirs", "HOME": "/elsewhere", "MORE": "1"})
    env = runner.command(task, sandbox).env
    assert env == {
        "SHARED": "ours",
        "HOME": f"{sandbox.root}/agent-home",
        "MORE": "1",
        "PLAIN": "1",
    }


def test_a_program_may_need_no_key(runner: Plain, sandbox: DirectorySandbox) -> None:
    assert runner.command(Task("x"), sandbox).key is None
    runner.key = lambda: KeyUse("PLAIN_KEY", "secret-key")  # type: ignore[method-assign]
    assert runner.command(Task("x"), sandbox).key == KeyUse("PLAIN_KEY", "secret-key")


def test_a_resumed_conversation_is_told_only_what_is_new(runner: Plain) -> None:
    task = Task("Fix it.", round=2, feedback="It fails.")
    assert runner.words(task) == "Fix it.\n\nIt fails."
    assert runner.words(replace(task, session_id="s")) == "It fails."
    assert runner.words(Task("Fix it.", session_id="s")) == "Fix it."


def test_the_stream_knows_the_repository(runner: Plain, sandbox: DirectorySandbox) -> None:
    runner.command(Task("x"), sandbox)
    assert list(runner.parse("line")) == [Message(f"{sandbox.repository}: line")]


def test_a_round_does_not_remember_what_the_one_before_has_said(
    runner: Plain, sandbox: DirectorySandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Mute] = []

    def stream() -> Mute:
        made.append(Mute())
        return made[-1]

    monkeypatch.setattr(runner, "stream", stream)
    for number in (1, 2):
        runner.command(Task("x", round=number), sandbox)
    assert [each.repository for each in made] == [sandbox.repository] * 2


def test_a_program_that_does_not_start_is_explained(
    runner: Plain, sandbox: DirectorySandbox
) -> None:
    runner.program.write_text("#!/bin/sh\necho no library; exit 1\n")
    with pytest.raises(SandboxError, match=r"plain-agent 1\.0 \(pip\) again.*no library"):
        runner.prepare(sandbox)
    runner.program.unlink()
    with pytest.raises(SandboxError, match="Plain does not start"):
        runner.prepare(sandbox)


def test_a_program_is_tried_once_by_a_worker(runner: Plain, sandbox: DirectorySandbox) -> None:
    runner.prepare(sandbox)
    tried = len(sandbox.commands)
    runner.prepare(sandbox)
    assert len(sandbox.commands) == tried


@pytest.mark.parametrize(
    ("events", "exited", "outcome"),
    [
        ([WELL], ENDED, ""),
        ([BUSY, WELL], ENDED, ""),
        ([Finished(False, "No."), WELL], ENDED, ""),
        # A code says little: the last word counts.
        ([WELL], Exited(1, None, "exited"), ""),
        ([], ENDED, "agent_failed"),
        ([Message("x")], ENDED, "agent_failed"),
        ([WELL, Finished(False, "No.")], ENDED, "agent_failed"),
        ([WELL], KILLED, "agent_failed"),
        ([WELL], Exited(None, None, "lost"), "agent_failed"),
        ([WELL], LATE, "time_limit"),
        ([BUSY], LATE, "model_unavailable"),
        ([BUSY, CALL], LATE, "time_limit"),
        ([BUSY], ENDED, "model_unavailable"),
        ([BUSY, AgentError("Bye.")], ENDED, "model_unavailable"),
        ([BUSY, CALL, AgentError("Bye.")], ENDED, "agent_failed"),
        ([BUSY, Finished(False, "No.")], ENDED, "model_unavailable"),
        ([WELL], Exited(None, 9, "memory", "Too much."), "sandbox_limit"),
        ([BUSY], Exited(None, 9, "disk", "Full."), "sandbox_limit"),
        ([AgentError("Refused.", True, "agent_key_refused"), WELL], KILLED, "agent_key_refused"),
        ([AgentError("Refused.", True, "agent_key_refused")], LATE, "agent_key_refused"),
        ([AgentError("Odd.", True)], KILLED, "agent_failed"),
    ],
)
def test_the_verdict(
    runner: Plain, events: Sequence[AgentEvent], exited: Exited, outcome: str
) -> None:
    verdict = runner.judge(events, exited)
    assert (verdict.outcome, verdict.ok) == (outcome, outcome == "")
    assert verdict.reason


def test_the_reason_is_what_was_said_last(runner: Plain) -> None:
    assert runner.judge([Message("It is so."), Finished(True, "")], ENDED).reason == "It is so."
    assert runner.judge([Finished(True, "x" * 10**6)], ENDED).reason.startswith("x")
    assert len(runner.judge([Finished(True, "x" * 10**6)], ENDED).reason) < 5_000
    assert "exit code 3" in runner.judge([], Exited(3, None, "exited")).reason


def test_the_last_conversation_is_the_one_to_go_on_with(runner: Plain) -> None:
    names = ("one", "two", "")
    events: list[AgentEvent] = [*(SessionStarted(name) for name in names), WELL]
    assert runner.judge(events, ENDED).session_id == "two"
