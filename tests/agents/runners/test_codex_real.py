"""The real Codex, against a model provider of our own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agents.runners.base import (
    AgentEvent,
    AgentHook,
    FileEdit,
    McpServer,
    SessionStarted,
    Task,
    ToolCall,
    ToolResult,
)
from agents.runners.codex import CodexRunner
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

pytestmark = [pytest.mark.cli, pytest.mark.slow]

SHOW_KEY = Script(
    [[Step("Look.", "bash", {"command": 'echo "key:$OPENAI_API_KEY."'}), Step("So.")]]
)
HOSTILE = {
    ".codex/config.toml": (
        'developer_instructions = "HOSTILE"\n'
        '[mcp_servers.evil]\ncommand = "touch"\nargs = ["../HOSTILE"]\n'
        '[[hooks.SessionStart]]\n[[hooks.SessionStart.hooks]]\ntype = "command"\n'
        'command = "touch ../HOSTILE"\n'
    ),
    ".codex/hooks.json": (
        '{"hooks": {"SessionStart": [{"hooks": '
        '[{"type": "command", "command": "touch ../HOSTILE"}]}]}}'
    ),
    ".codex/skills/evil/SKILL.md": "---\nname: evil\ndescription: HOSTILE\n---\nHOSTILE\n",
    ".agents/skills/evil/SKILL.md": "---\nname: evil\ndescription: HOSTILE\n---\nHOSTILE\n",
    "AGENTS.md": "HOSTILE\n",
    "AGENTS.override.md": "HOSTILE\n",
}


@pytest.fixture(scope="module")
def program() -> Path:
    return real.find(CodexRunner.install)


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with model_server({**SCENARIOS, "show-key": SHOW_KEY}) as server:
        yield server


@pytest.fixture
def box(tmp_path: Path, program: Path) -> Iterator[Sandbox]:
    with real.sandbox(tmp_path, program) as box:
        yield box


@pytest.fixture
def runner(program: Path, server: ModelServer, request: pytest.FixtureRequest) -> CodexRunner:
    return make(program, server, f"key-of-{request.node.name}")


def make(program: Path, server: ModelServer, key: str) -> CodexRunner:
    address = f"{server.url}/v1"
    return CodexRunner(program, ModelChoice("openai", "some-model", key, address, trusted=True))


def handed_out(server: ModelServer, runner: CodexRunner) -> Tokens:
    spent = server.tokens(key=runner.model.key)
    return Tokens(spent.input, spent.output, spent.cached, spent.written)


def test_it_works_in_two_rounds_of_one_conversation(
    runner: CodexRunner, box: Sandbox, server: ModelServer
) -> None:
    task = Task(f"Fix the sum. {mark('two-rounds')}")
    first = real.run(runner, box, task)
    assert first.verdict.ok, first.output
    assert first.verdict.reason == "I believe that this is right."
    assert FileEdit("calc.py") in first.events
    assert not real.is_right(box)
    assert first.tokens == handed_out(server, runner)
    assert first.blocked == []

    session = first.verdict.session_id
    # Another worker takes it up: it knows only what the verdict has told.
    other = make(runner.program, server, runner.model.key)
    again = replace(task, round=2, feedback="It fails.", session_id=session)
    second = real.run(other, box, again)
    assert (second.verdict.ok, second.verdict.reason) == (True, FIXED), second.output
    assert real.is_right(box)
    assert first.tokens.plus(second.tokens) == handed_out(server, runner)
    started = [e.session_id for e in first.events + second.events if isinstance(e, SessionStarted)]
    assert len(started) == 2
    assert len(set(started)) == 1


def test_a_refused_key_is_told(program: Path, server: ModelServer, box: Sandbox) -> None:
    runner = make(program, server, BAD_KEY)
    verdict = real.run(runner, box, Task(f"Fix the sum. {mark('fix')}")).verdict
    assert (verdict.ok, verdict.outcome) == (False, "agent_key_refused")


def test_nothing_is_left_of_it_when_it_is_cancelled(runner: CodexRunner, box: Sandbox) -> None:
    handle = real.start(runner, box, Task(f"Wait. {mark('long-command')}"))
    running = []

    def stop(event: AgentEvent) -> bool:
        if isinstance(event, ToolCall):
            running.append(real.runs(box, "time.sleep(300)"))
        return bool(running)

    ran = real.follow(runner, box, handle, stop)
    assert running[:1] == [True]
    assert (ran.verdict.ok, ran.exited.reason) == (False, "killed")
    assert real.processes_of(box) == []


def test_its_commands_do_not_see_the_key(runner: CodexRunner, box: Sandbox) -> None:
    ran = real.run(runner, box, Task(mark("show-key")))
    assert [e.summary for e in ran.events if isinstance(e, ToolResult)] == ["key:."]


def test_files_of_the_repository_do_not_take_over(
    runner: CodexRunner, box: Sandbox, server: ModelServer
) -> None:
    for path, text in HOSTILE.items():
        box.write(f"{box.repository}/{path}", text.encode())
    assert real.run(runner, box, Task(mark("fix"))).verdict.ok
    assert not box.run(["test", "-e", "HOSTILE"]).ok
    asked = server.asked(key=runner.model.key)
    assert asked
    assert not any("HOSTILE" in str(entry.question.body) for entry in asked)


def test_hooks_and_servers_of_the_project_are_there(
    runner: CodexRunner, box: Sandbox, server: ModelServer
) -> None:
    task = Task(
        mark("fix"),
        hooks=[AgentHook("before_tool", 'echo "before $OPENAI_API_KEY" >> ../hooks')],
        mcp_servers=[
            McpServer("docs", ["sh", "-c", 'echo "$ONE" > ../served'], environment={"ONE": "1"})
        ],
    )
    ran = real.run(runner, box, task)
    assert ran.verdict.ok, ran.output
    assert set(box.read(f"{box.root}/hooks").decode().split()) == {"before"}
    assert box.read(f"{box.root}/served") == b"1\n"


@pytest.mark.parametrize(
    ("scenario", "outcome"),
    [
        ("403", "agent_key_refused"),
        ("404", "model_unknown"),
        ("429", "model_unavailable"),
        ("500", "model_unavailable"),
        ("503", "model_unavailable"),
        ("cut", "model_unavailable"),
        ("nothing", ""),
        ("flaky", ""),
        ("cut-once", ""),
    ],
)
def test_what_goes_wrong_has_an_outcome(
    runner: CodexRunner, box: Sandbox, scenario: str, outcome: str
) -> None:
    ran = real.run(runner, box, Task(mark(scenario)))
    assert ran.verdict.outcome == outcome, ran.output
    assert ran.verdict.ok == (outcome == "")


def test_a_model_that_says_nothing_at_all_is_told(runner: CodexRunner, box: Sandbox) -> None:
    verdict = real.run(runner, box, Task(mark("hang")), timeout=5).verdict
    assert (verdict.ok, verdict.outcome) == (False, "model_unavailable")
