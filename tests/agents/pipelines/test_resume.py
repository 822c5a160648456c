"""Any worker may die at any moment: the next one goes on, and nothing happens twice."""

from __future__ import annotations

from collections import Counter

import pytest

from agents.pipelines.base import LeaseLost
from agents.pipelines.fix import Result
from tests.agents.pipelines.agents_of_tests import Editor
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.journal import Killed, MemoryJournal
from tests.agents.pipelines.projects import CHECK, NEW_CHECK, PRICE, RIGHT, WRONG

pytestmark = pytest.mark.slow

ORDER = [
    "preflight",
    "provision",
    "checkout",
    "draft_pr",
    "setup",
    "baseline",
    "agent",
    "verify",
    "agent",
    "verify",
    "guard",
    "publish",
    "finish",
]


def run_with_dying_workers(bench: Bench, *, keeping: bool) -> tuple[Result, int]:
    """Every worker dies at its first new step, after or before it keeps the step's result.

    The result of the last worker, and how many died.
    """
    died: set[tuple[str, int]] = set()

    def die_once(name: str, round: int) -> None:
        if (name, round) not in died:
            died.add((name, round))
            raise Killed

    while True:
        moment = (
            MemoryJournal(bench.memory, kept=die_once)
            if keeping
            else MemoryJournal(bench.memory, worked=die_once)
        )
        try:
            return bench.run(moment), len(died)
        except Killed:
            assert len(bench.forge.pulls()) <= 1
            assert len(bench.left_over()) <= 1


def test_workers_that_die_after_every_step(quick: Bench) -> None:
    quick.runner = Editor({PRICE: WRONG, CHECK: NEW_CHECK}, {PRICE: RIGHT})

    result, died = run_with_dying_workers(quick, keeping=True)

    assert (result.outcome, died) == ("verified", len(ORDER))
    assert quick.memory.worked == ORDER
    assert quick.only_pull().head_sha == result.head_sha
    assert quick.left_over() == []


def test_workers_that_die_before_they_can_keep_a_result(quick: Bench) -> None:
    quick.runner = Editor({PRICE: WRONG, CHECK: NEW_CHECK}, {PRICE: RIGHT})

    result, died = run_with_dying_workers(quick, keeping=False)

    assert (result.outcome, died) == ("verified", len(ORDER))
    assert Counter(quick.memory.worked) == Counter(ORDER * 2)
    assert quick.only_pull().draft is False
    assert quick.only_pull().head_sha == result.head_sha
    assert quick.left_over() == []


def test_a_run_that_ended_is_only_told_again(quick: Bench) -> None:
    quick.runner = Editor({})
    first = quick.run()

    assert quick.run() == first
    assert len(quick.only_pull().comments) == 1


def test_a_sandbox_that_is_gone_ends_the_run(quick: Bench) -> None:
    def lose(name: str, round: int) -> None:
        if name == "baseline":
            raise LeaseLost

    quick.runner = Editor({PRICE: RIGHT})
    with pytest.raises(LeaseLost):
        quick.run(MemoryJournal(quick.memory, begun=lose))
    quick.close()

    result = quick.run()

    assert result.outcome == "sandbox_lost"
    assert not quick.branch_exists()


def test_a_worker_with_a_mirror_of_its_own_goes_on(quick: Bench) -> None:
    def die(name: str, round: int) -> None:
        if name in {"checkout", "agent", "guard"}:
            raise Killed

    quick.runner = Editor({PRICE: RIGHT, CHECK: NEW_CHECK})
    for number in range(3):
        quick.mirror = quick.folder / f"mirror-{number}.git"
        with pytest.raises(Killed):
            quick.run(MemoryJournal(quick.memory, kept=die))
    quick.mirror = quick.folder / "mirror-of-the-last.git"

    result = quick.run()

    assert result.outcome == "verified"
    assert quick.only_pull().head_sha == result.head_sha
