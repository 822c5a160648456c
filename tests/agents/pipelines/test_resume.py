"""Any worker may die at any moment: the next one goes on, and nothing happens twice."""

from __future__ import annotations

from collections import Counter

import pytest

from agents.pipelines.base import LeaseLost
from agents.pipelines.fix import Result
from tests.agents.pipelines.agents_of_tests import Editor
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.journal import Killed, MemoryJournal
from tests.agents.pipelines.projects import NEW_TEST, PRICE, RIGHT, TEST, WRONG

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


def run_with_dying_workers(bench: Bench, moment: str) -> tuple[Result, int]:
    """Every worker dies at its first new step; the result of the last one, and how many died."""
    died: set[tuple[str, int]] = set()

    def die_once(name: str, round: int) -> None:
        if (name, round) not in died:
            died.add((name, round))
            raise Killed

    while True:
        try:
            return bench.run(MemoryJournal(bench.memory, **{moment: die_once})), len(died)
        except Killed:
            assert len(bench.forge.pulls()) <= 1
            assert len(bench.left_over()) <= 1


def test_workers_that_die_after_every_step(bench: Bench) -> None:
    bench.runner = Editor({PRICE: WRONG, TEST: NEW_TEST}, {PRICE: RIGHT})

    result, died = run_with_dying_workers(bench, "kept")

    assert (result.outcome, died) == ("verified", len(ORDER))
    assert bench.memory.worked == ORDER
    assert bench.only_pull().head_sha == result.head_sha
    assert bench.left_over() == []


def test_workers_that_die_before_they_can_keep_a_result(bench: Bench) -> None:
    bench.runner = Editor({PRICE: WRONG, TEST: NEW_TEST}, {PRICE: RIGHT})

    result, died = run_with_dying_workers(bench, "worked")

    assert (result.outcome, died) == ("verified", len(ORDER))
    assert Counter(bench.memory.worked) == Counter(ORDER * 2)
    assert bench.only_pull().draft is False
    assert bench.only_pull().head_sha == result.head_sha
    assert bench.left_over() == []


def test_a_run_that_ended_is_only_told_again(bench: Bench) -> None:
    bench.runner = Editor({})
    first = bench.run()

    assert bench.run() == first
    assert len(bench.only_pull().comments) == 1


def test_a_sandbox_that_is_gone_ends_the_run(bench: Bench) -> None:
    def lose(name: str, round: int) -> None:
        if name == "baseline":
            raise LeaseLost

    bench.runner = Editor({PRICE: RIGHT})
    with pytest.raises(LeaseLost):
        bench.run(MemoryJournal(bench.memory, begun=lose))
    bench.close()

    result = bench.run()

    assert result.outcome == "sandbox_lost"
    assert not bench.branch_exists()


def test_a_worker_with_a_mirror_of_its_own_goes_on(bench: Bench) -> None:
    def die(name: str, round: int) -> None:
        if name in {"checkout", "agent", "guard"}:
            raise Killed

    bench.runner = Editor({PRICE: RIGHT, TEST: NEW_TEST})
    for number in range(3):
        bench.mirror = bench.folder / f"mirror-{number}.git"
        with pytest.raises(Killed):
            bench.run(MemoryJournal(bench.memory, kept=die))
    bench.mirror = bench.folder / "mirror-of-the-last.git"

    result = bench.run()

    assert result.outcome == "verified"
    assert bench.only_pull().head_sha == result.head_sha
