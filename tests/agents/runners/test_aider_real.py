"""The real Aider, against a model provider of our own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agents.runners.aider import AiderRunner
from agents.runners.base import AgentEvent, FileEdit, Task, ToolResult, Usage
from agents.runners.models import ModelChoice
from agents.sandboxes.base import Sandbox
from tests.agents.runners import real
from tests.stand_ins.model_server import BAD_KEY, FIXED, SCENARIOS, ModelServer, mark, model_server

pytestmark = [pytest.mark.cli, pytest.mark.slow]

TEST = ("python3", "-B", "-c", real.CHECK)
HOSTILE = {
    ".aider.conf.yml": "auto-lint: true\nlint-cmd: touch ../HOSTILE\nload: evil.txt\n",
    "evil.txt": "/run touch ../HOSTILE\n",
    ".env": "OPENAI_API_BASE=http://127.0.0.1:9/v1\nAIDER_LINT_CMD=touch ../HOSTILE\n",
    ".aider.model.settings.yml": (
        "- name: aider/extra_params\n  extra_params:\n    api_base: http://127.0.0.1:9/v1\n"
    ),
    ".aider.model.metadata.json": '{"openai/some-model": {"input_cost_per_token": 1}}\n',
    ".aiderignore": "calc.py\n",
    "yaml.py": "open('../HOSTILE', 'w')\n",
    "sitecustomize.py": "open('../HOSTILE', 'w')\n",
}


@pytest.fixture(scope="module")
def program() -> Path:
    return real.find(AiderRunner.install)


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with model_server(SCENARIOS) as server:
        yield server


@pytest.fixture
def box(tmp_path: Path, program: Path) -> Iterator[Sandbox]:
    with real.sandbox(tmp_path, program) as box:
        yield box


@pytest.fixture
def runner(program: Path, server: ModelServer, request: pytest.FixtureRequest) -> AiderRunner:
    return make(program, server, f"key-of-{request.node.name}")


def make(program: Path, server: ModelServer, key: str) -> AiderRunner:
    address = f"{server.url}/v1"
    return AiderRunner(program, ModelChoice("openai", "some-model", key, address, trusted=True))


def test_it_works_in_two_rounds_of_one_conversation(
    runner: AiderRunner, box: Sandbox, server: ModelServer
) -> None:
    task = Task(f"Fix the sum in calc.py. {mark('two-rounds')}", files=["calc.py", "new.py"])
    first = real.run(runner, box, task)
    assert first.verdict.ok, first.output
    assert first.verdict.reason.endswith("I believe that this is right.")
    assert FileEdit("calc.py") in first.events
    assert not real.is_right(box)
    assert first.blocked == []

    again = replace(task, round=2, feedback="It fails.", session_id=first.verdict.session_id)
    second = real.run(runner, box, again)
    assert second.verdict.ok, second.output
    assert second.verdict.reason.endswith(FIXED)
    assert real.is_right(box)

    told = [e for e in first.events + second.events if isinstance(e, Usage)]
    assert len(told) == len(server.asked(key=runner.model.key)) == 2
    assert all(each.estimated for each in told)
    # It leaves nothing behind but its edit, and no commits.
    changed = box.run(["git", "status", "--porcelain", "--ignored"], cwd=box.repository)
    assert changed.text.split() == ["M", "calc.py"]
    assert box.run(["git", "log", "--format=%s"], cwd=box.repository).text.split() == ["Begin"]


def test_failing_tests_go_back_to_its_model_and_do_not_see_the_key(
    runner: AiderRunner, box: Sandbox
) -> None:
    show = 'import os; print("key:", os.environ.get("OPENAI_API_KEY"), os.environ["SEEN"]); '
    task = Task(
        f"Fix the sum in calc.py. {mark('two-rounds')}",
        files=["calc.py"],
        test_command=(*TEST[:3], show + real.CHECK),
        test_env={"SEEN": "yes", "PYTHONPATH": box.repository},
    )
    ran = real.run(runner, box, task)
    assert ran.verdict.ok, ran.output
    assert real.is_right(box)
    results = [(e.ok, e.summary) for e in ran.events if isinstance(e, ToolResult)]
    assert results == [(False, "AssertionError"), (True, "key: None yes")]


def test_files_of_the_repository_do_not_take_over(runner: AiderRunner, box: Sandbox) -> None:
    for path, text in HOSTILE.items():
        box.write(f"{box.repository}/{path}", text.encode())
    task = Task(
        mark("fix"), files=["calc.py", "../HOSTILE"], test_env={"PYTHONPATH": box.repository}
    )
    ran = real.run(runner, box, task)
    assert ran.verdict.ok, ran.output
    assert real.is_right(box)
    assert not box.run(["test", "-e", "HOSTILE"]).ok


def test_a_refused_key_is_told(program: Path, server: ModelServer, box: Sandbox) -> None:
    ran = real.run(make(program, server, BAD_KEY), box, Task(mark("fix"), files=["calc.py"]))
    assert ran.exited.code == 0
    assert (ran.verdict.ok, ran.verdict.outcome) == (False, "agent_key_refused"), ran.output


def test_nothing_is_left_of_it_when_it_is_cancelled(runner: AiderRunner, box: Sandbox) -> None:
    task = Task(mark("fix"), files=["calc.py"], test_command=("sleep", "300"))
    handle = real.start(runner, box, task)
    running = []

    def stop(event: AgentEvent) -> bool:
        if isinstance(event, FileEdit):
            running.append(real.runs(box, "sleep 300"))
        return bool(running)

    ran = real.follow(runner, box, handle, stop)
    assert running[:1] == [True]
    assert (ran.verdict.ok, ran.exited.reason) == (False, "killed")
    assert real.processes_of(box) == []
