"""Cancelled jobs, lost leases and errors: what is cleaned up, and what is left alone."""

from __future__ import annotations

import pytest

from agents.pipelines.base import Cancelled, LeaseLost
from agents.runners.base import Listener, Task, Verdict
from agents.sandboxes.base import Sandbox, SandboxLost
from clusters.forges.base import PullState
from tests.agents.pipelines.agents_of_tests import Editor
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.journal import MemoryJournal
from tests.agents.pipelines.projects import CHECK, NEW_CHECK, PRICE, RIGHT, commit

pytestmark = pytest.mark.slow

FIXED = {PRICE: RIGHT, CHECK: NEW_CHECK}
HANGS = "import time\n\ntime.sleep(100)\n"


STEPS = [
    "preflight",
    "provision",
    "checkout",
    "draft_pr",
    "setup",
    "baseline",
    "agent",
    "verify",
    "guard",
    "publish",
]


@pytest.mark.parametrize("step", STEPS)
def test_a_cancelled_job_leaves_no_sandbox_no_draft_and_no_branch(quick: Bench, step: str) -> None:
    def cancel(name: str, round: int) -> None:
        if name == step:
            raise Cancelled

    quick.runner = Editor(FIXED)

    with pytest.raises(Cancelled):
        quick.run(MemoryJournal(quick.memory, begun=cancel))

    assert quick.left_over() == []
    assert [pull.state for pull in quick.forge.pulls()] in ([], [PullState.CLOSED])
    assert not quick.branch_exists()


def test_a_job_that_is_cancelled_after_its_push_keeps_the_commits(quick: Bench) -> None:
    def cancel(name: str, round: int) -> None:
        if name == "finish":
            raise Cancelled

    quick.runner = Editor(FIXED)

    with pytest.raises(Cancelled):
        quick.run(MemoryJournal(quick.memory, begun=cancel))

    assert quick.left_over() == []
    assert quick.only_pull().state == PullState.OPEN
    assert quick.branch_exists()


def test_a_cancel_reaches_a_command_that_says_nothing(quick: Bench) -> None:
    commit(quick.source, {CHECK: HANGS})

    def cancel() -> None:
        if "baseline" in quick.memory.worked:
            raise Cancelled

    with pytest.raises(Cancelled):
        quick.run(MemoryJournal(quick.memory, beaten=cancel))

    assert quick.left_over() == []


def test_a_lost_lease_leaves_everything_to_the_new_owner(quick: Bench) -> None:
    def lose(name: str, round: int) -> None:
        if name == "agent":
            raise LeaseLost

    quick.runner = Editor(FIXED)
    with pytest.raises(LeaseLost):
        quick.run(MemoryJournal(quick.memory, begun=lose))
    assert len(quick.left_over()) == 1
    assert quick.only_pull().state == PullState.OPEN

    assert quick.run().outcome == "verified"


def test_an_error_that_nobody_foresaw_is_raised_after_cleaning_up(quick: Bench) -> None:
    def explode(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        raise ZeroDivisionError("a defect of the runner")

    quick.runner = Editor(explode)

    with pytest.raises(ZeroDivisionError):
        quick.run()

    assert quick.left_over() == []
    assert quick.only_pull().state == PullState.CLOSED


def test_a_sandbox_that_was_closed_by_a_cancel_is_not_called_lost(quick: Bench) -> None:
    def close_from_outside(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        sandbox.close()
        raise SandboxLost("It is gone.")

    def cancel() -> None:
        if "agent" in quick.memory.worked and not quick.left_over():
            raise Cancelled

    quick.runner = Editor(close_from_outside)

    with pytest.raises(Cancelled):
        quick.run(MemoryJournal(quick.memory, beaten=cancel))

    assert quick.only_pull().state == PullState.CLOSED


def test_an_error_of_a_worker_that_lost_its_lease_touches_nothing(quick: Bench) -> None:
    lost: list[str] = []

    def lose_and_explode(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        lost.append("lease")
        raise ZeroDivisionError("a defect of the runner")

    def beat() -> None:
        if lost:
            raise LeaseLost

    quick.runner = Editor(lose_and_explode)

    with pytest.raises(LeaseLost):
        quick.run(MemoryJournal(quick.memory, beaten=beat))

    assert len(quick.left_over()) == 1
    assert quick.only_pull().state == PullState.OPEN
