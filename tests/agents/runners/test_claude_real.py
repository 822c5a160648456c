"""The real Claude Code, against a model provider of our own, fixes a planted defect.

Needs the program: npm install --prefix FOLDER @anthropic-ai/claude-code, then put
FOLDER/node_modules/.bin on PATH or name FOLDER in SOULCASTER_TEST_CLAUDE.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from agents.runners.base import AgentEvent, FileEdit, Launch, Task, ToolResult, Verdict
from agents.runners.claude import ClaudeRunner
from agents.sandboxes.base import Exited, OutputChunk, Sandbox, SandboxSpec
from agents.sandboxes.local import LocalProvider
from tests.stand_ins.model_server import BAD_KEY, ModelServer, Step, model_server

pytestmark = [pytest.mark.cli, pytest.mark.slow]

SHOW_KEY = 'echo "key:$ANTHROPIC_API_KEY."'
COMMIT = "git add --all && git commit --quiet --message=Add && git log --format=%s"
SCRIPT = [
    Step("I look.", "read", {"path": "{cwd}/calc.py"}),
    Step("Subtract, surely.", "edit", {"path": "{cwd}/calc.py", "old": "a - b", "new": "b - a"}),
    Step("I commit.", "bash", {"command": f"{SHOW_KEY}; {COMMIT}"}),
    Step("I believe that it is fixed."),
    Step("Once more.", "read", {"path": "{cwd}/calc.py"}),
    Step("Now right.", "edit", {"path": "{cwd}/calc.py", "old": "b - a", "new": "a + b"}),
    Step("Test.", "bash", {"command": "python3 -c 'import calc; assert calc.add(2, 2) == 4'"}),
    Step("I commit.", "bash", {"command": COMMIT}),
    Step("It is fixed."),
]


def _program() -> Path | None:
    folder = os.environ.get("SOULCASTER_TEST_CLAUDE", "")
    found = shutil.which("claude", path=f"{folder}/node_modules/.bin" if folder else None)
    return Path(found) if found else None


@pytest.fixture(scope="module")
def program() -> Path:
    program = _program()
    if program is None:
        pytest.skip(
            "run: npm install --prefix FOLDER @anthropic-ai/claude-code, "
            "and set SOULCASTER_TEST_CLAUDE=FOLDER"
        )
    return program


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server(SCRIPT) as server:
        yield server


@pytest.fixture
def runner(program: Path, server: ModelServer) -> ClaudeRunner:
    return ClaudeRunner(program, key="a-good-key", model="some-model", base_url=server.url)


@pytest.fixture
def box(tmp_path: Path, runner: ClaudeRunner) -> Iterator[Sandbox]:
    """A real sandbox with a repository of one commit; `calc.py` in it is wrong."""
    provider = LocalProvider(tmp_path / "sandboxes", extra_read_only=runner.read_only_paths())
    box = provider.create(SandboxSpec("claude"))
    try:
        bundle, base = _bundle(tmp_path / "source")
        box.put_repository(bundle, base=base, shallow=())
        yield box
    finally:
        box.close()


def _bundle(source: Path) -> tuple[Path, str]:
    source.mkdir()
    (source / "calc.py").write_text("def add(a, b):\n    return a - b\n")
    signed = ["-c", "user.name=Tester", "-c", "user.email=tester@example.org"]
    for command in (
        ["init", "--quiet", "--initial-branch=base"],
        ["add", "."],
        [*signed, "commit", "--quiet", "--message=Begin"],
        ["bundle", "create", "--quiet", "../source.bundle", "base"],
    ):
        subprocess.run(["git", *command], cwd=source, check=True)
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=source, text=True)
    return source.parent / "source.bundle", head.strip()


@dataclass
class Ran:
    verdict: Verdict
    events: list[AgentEvent] = field(default_factory=list)


def run(runner: ClaudeRunner, box: Sandbox, task: Task) -> Ran:
    runner.prepare(box)
    launch: Launch = runner.command(task, box)
    handle = box.spawn(
        launch.argv,
        key=f"agent-{task.round}",
        cwd=box.repository,
        env=launch.env,
        timeout=60,
        network=launch.network,
    )
    output = b""
    for event in box.follow(handle):
        if isinstance(event, OutputChunk):
            output += event.data
        elif isinstance(event, Exited):
            lines = output.decode().splitlines()
            events = [each for line in lines for each in runner.parse(line)]
            return Ran(runner.judge(events, event), events)
    raise AssertionError(output)


def test_it_works_in_two_rounds_of_one_conversation(
    runner: ClaudeRunner, box: Sandbox, server: ModelServer
) -> None:
    task = Task("Fix the sum.")
    first = run(runner, box, task)
    assert (first.verdict.ok, first.verdict.reason) == (True, SCRIPT[3].say), first.events
    assert b"b - a" in box.read(f"{box.repository}/calc.py")
    assert FileEdit("calc.py") in first.events

    second = run(
        runner,
        box,
        replace(task, round=2, feedback="It fails.", session_id=first.verdict.session_id),
    )
    assert (second.verdict.ok, second.verdict.reason) == (True, "It is fixed."), second.events
    assert b"a + b" in box.read(f"{box.repository}/calc.py")
    log = box.run(["git", "log", "--format=%s"], cwd=box.repository)
    assert log.text.split() == ["Add", "Add", "Begin"]
    # The model saw the first round in the second: that is what makes it one conversation.
    assert max(question.turns for question in server.questions) == len(SCRIPT) - 1


def test_its_commands_do_not_see_the_key(runner: ClaudeRunner, box: Sandbox) -> None:
    ran = run(runner, box, Task("Fix the sum."))
    said = [
        event.summary
        for event in ran.events
        if isinstance(event, ToolResult) and event.name == "Bash"
    ]
    assert said == ["key:."]


def test_settings_of_the_repository_run_nothing(runner: ClaudeRunner, box: Sandbox) -> None:
    hook = (
        '{"hooks": {"SessionStart": [{"hooks": [{"type": "command", "command": "touch HOOK"}]}]}}'
    )
    box.write(f"{box.repository}/.claude/settings.json", hook.encode())
    assert run(runner, box, Task("Fix the sum.")).verdict.ok
    assert not box.run(["test", "-e", "HOOK"], cwd=box.repository).ok


def test_a_refused_key_is_told(program: Path, server: ModelServer, box: Sandbox) -> None:
    runner = ClaudeRunner(program, key=BAD_KEY, model="some-model", base_url=server.url, retries=0)
    verdict = run(runner, box, Task("Fix the sum.")).verdict
    assert (verdict.ok, verdict.outcome) == (False, "agent_key_refused")
