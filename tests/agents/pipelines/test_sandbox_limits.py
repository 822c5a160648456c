"""A sandbox that uses up its memory or disk ends its job in those words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agents.pipelines import command_agent
from agents.pipelines.base import ReceiptKind, ReceiptStatus, Stop
from agents.pipelines.commands import checked
from agents.pipelines.testing import TestPlan, TestRun, run_tests
from agents.runners.base import AgentEvent, Launch, Message, Task, Verdict
from agents.sandboxes.base import Exited, Limits, Network, Sandbox, SandboxSpec
from agents.sandboxes.local import LocalProvider, LocalSandbox
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.journal import Memory, MemoryJournal

LIMITS = Limits(disk_bytes=16 << 20)
TOO_MUCH = "The files of the sandbox took more than 16 MiB of disk."
FILLS = ["sh", "-c", "echo begun; head -c 40000000 /dev/zero > filled; exec sleep 60"]


class SmallProvider(LocalProvider):
    """Makes sandboxes with little room, whatever is asked for."""

    def create(self, spec: SandboxSpec) -> LocalSandbox:
        return super().create(replace(spec, limits=LIMITS))


class Greedy:
    """An agent that fills the disk, and would call that a success."""

    name, title = "greedy", "Greedy agent"

    def prepare(self, sandbox: Sandbox) -> None:
        sandbox.run(["mkdir", "-p", sandbox.repository])

    def command(self, task: Task, sandbox: Sandbox) -> Launch:
        return Launch(FILLS, {})

    def parse(self, line: str) -> Iterator[AgentEvent]:
        yield Message(line)

    def judge(self, events: Sequence[AgentEvent], exited: Exited) -> Verdict:
        return Verdict(True, f"{len(events)} events", session_id="s-1")


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    sandbox = SmallProvider(tmp_path / "sandboxes").create(SandboxSpec("small"))
    yield sandbox
    sandbox.close()


@pytest.mark.slow
def test_an_agent_that_fills_the_sandbox_ends_with_that_outcome(sandbox: Sandbox) -> None:
    verdict = command_agent.work(
        Greedy(),
        Task(prompt="Fix it"),
        sandbox,
        MemoryJournal(Memory()),
        patience=command_agent.Patience(30.0, 30.0),
        reachable=lambda launch: Network.NONE,
    )

    assert verdict == Verdict(False, TOO_MUCH, "sandbox_limit", "s-1")


def test_tests_that_fill_the_sandbox_are_an_error_that_says_so(sandbox: Sandbox) -> None:
    run = TestRun(ReceiptKind.HEAD, "c" * 40, sandbox.root, 30.0)
    receipt = run_tests(sandbox, MemoryJournal(Memory()), TestPlan(argv=FILLS), run)

    assert (receipt.status, receipt.note) == (ReceiptStatus.ERROR, TOO_MUCH)


def test_a_step_of_the_platform_that_finds_no_room_ends_the_job(sandbox: Sandbox) -> None:
    with pytest.raises(Stop, match="used up its disk") as stopped:
        checked(sandbox, FILLS)

    assert stopped.value.outcome == "sandbox_limit"


@pytest.mark.slow
def test_setup_that_fills_the_sandbox_ends_the_job(quick: Bench) -> None:
    quick.sandboxes = SmallProvider(quick.folder / "sandboxes")
    quick.change(setup_command="sh -c 'head -c 40000000 /dev/zero > filled; exec sleep 60'")

    result = quick.run()

    assert (result.outcome, result.detail) == ("sandbox_limit", TOO_MUCH)
