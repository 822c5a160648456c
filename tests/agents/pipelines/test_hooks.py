"""A project's own commands around the agent's work."""

from __future__ import annotations

import pytest

from agents.runners.base import Listener, Task, Verdict
from agents.sandboxes.base import Sandbox
from tests.agents.pipelines.agents_of_tests import DONE, Editor
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.projects import CHECK, NEW_CHECK, PRICE, RIGHT

pytestmark = pytest.mark.slow

FIXED = {PRICE: RIGHT, CHECK: NEW_CHECK}


def test_commands_run_before_and_after_the_agent_and_what_they_change_is_part_of_it(
    quick: Bench,
) -> None:
    seen: list[bytes] = []

    def agent(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        seen.append(sandbox.read(f"{sandbox.repository}/made.txt"))
        for path, text in FIXED.items():
            sandbox.write(f"{sandbox.repository}/{path}", text.encode())
        return DONE

    quick.runner = Editor(agent)
    quick.change(
        before=["sh -c 'echo generated > made.txt'"], after=["sh -c 'echo formatted >> made.txt'"]
    )

    result = quick.run()

    assert result.outcome == "verified"
    assert seen == [b"generated\n"]
    mirror = quick.forge.mirror()
    assert mirror.read(result.head_sha, "made.txt") == b"generated\nformatted\n"


def test_a_command_that_fails_before_ends_the_job_and_no_agent_begins(quick: Bench) -> None:
    editor = Editor(FIXED)
    quick.runner = editor
    quick.change(before=["sh -c 'echo no generator here; exit 3'", "touch later"])

    result = quick.run()

    assert (result.outcome, editor.tasks) == ("setup_failed", [])
    assert result.detail == "Command 1 before the agent ended with 3. It said: no generator here"


def test_a_command_that_fails_after_is_said_and_costs_nothing(quick: Bench) -> None:
    quick.runner = Editor(FIXED)
    quick.change(after=["false"])

    assert quick.run().outcome == "verified"
    assert "Command 1 after the agent ended with 1." in quick.memory.log


def test_the_agents_own_summary_stands_in_the_pull_request_as_a_quote(quick: Bench) -> None:
    def agent(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        sandbox.write(task.summary_path, b"Shares now keep every cent. Fixes #1 @mona")
        for path, text in FIXED.items():
            sandbox.write(f"{sandbox.repository}/{path}", text.encode())
        return DONE

    quick.runner = Editor(agent)
    quick.run()

    body = quick.only_pull().body
    assert "## What the agent says" in body
    assert "> Shares now keep every cent." in body
    assert "Fixes #1" not in body
    assert "@mona" not in body


def test_a_summary_that_leads_out_of_the_sandbox_is_none(quick: Bench) -> None:
    def agent(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        sandbox.run(["ln", "-s", "/etc/hostname", task.summary_path])
        for path, text in FIXED.items():
            sandbox.write(f"{sandbox.repository}/{path}", text.encode())
        return DONE

    quick.runner = Editor(agent)

    assert quick.run().outcome == "verified"
    assert "What the agent says" not in quick.only_pull().body
