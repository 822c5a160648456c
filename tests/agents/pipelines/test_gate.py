"""The human gate: nothing leaves before somebody has looked, and nothing is lost meanwhile."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import replace

import pytest

from agents.pipelines.base import AwaitsApproval, Cancelled
from agents.pipelines.context import AtGate
from agents.pipelines.fix import Result
from clusters.forges.base import ForgeError, RateLimited
from clusters.forges.local import LocalForge
from tests.agents.pipelines.agents_of_tests import Editor
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.journal import Killed, MemoryJournal
from tests.agents.pipelines.projects import CHECK, NEW_CHECK, PRICE, RIGHT

pytestmark = pytest.mark.slow

APPROVED = AtGate("approved", "Bob", waited=7200.0)
REJECTED = AtGate("rejected", "Bob", "It changes every *receipt*.\nPlease don't.", waited=7200.0)


@pytest.fixture
def gated(quick: Bench) -> Bench:
    """A job whose agent's work is done and waits for a person."""
    quick.change(gate=True)
    quick.runner = Editor({PRICE: RIGHT, CHECK: NEW_CHECK})
    with pytest.raises(AwaitsApproval):
        quick.run()
    quick.gate = AtGate()
    return quick


def decide(bench: Bench, decision: AtGate) -> Result:
    bench.gate = decision
    return bench.run()


def start_of(bench: Bench) -> str:
    """The empty commit that begins the branch."""
    start: str = json.loads(bench.memory.steps["checkout", 1])["start"]
    return start


def test_it_waits_with_nothing_pushed_and_no_sandbox(gated: Bench) -> None:
    assert gated.left_over() == []
    assert gated.only_pull().draft
    assert "waits for a person" in gated.only_pull().body
    assert gated.only_pull().head_sha == start_of(gated)
    assert "gate" not in gated.memory.worked
    assert ("diff", "change.diff") in gated.memory.artifacts


def test_an_approved_change_is_published_by_the_next_worker(gated: Bench) -> None:
    result = decide(gated, APPROVED)
    assert result.outcome == "verified"
    assert gated.memory.worked[-3:] == ["gate", "publish", "finish"]
    assert gated.memory.worked.count("agent") == 1
    assert gated.only_pull().head_sha == result.head_sha
    assert not gated.only_pull().draft
    assert "approved by Bob before it was pushed" in gated.only_pull().body


def test_a_rejected_change_closes_its_draft_with_the_comment(gated: Bench) -> None:
    result = decide(gated, REJECTED)
    assert (result.outcome, result.head_sha) == ("rejected", "")
    assert result.detail == "Bob rejected the change: It changes every *receipt*. Please don't."
    pull = gated.only_pull()
    assert pull.state == "closed"
    assert "Bob rejected the change: It changes every" in pull.comments[-1].text
    assert not gated.branch_exists()


def test_without_a_decision_it_goes_on_waiting(gated: Bench) -> None:
    with pytest.raises(AwaitsApproval):
        gated.run()
    assert len(gated.forge.pulls()) == 1
    assert gated.memory.worked.count("guard") == 1


def test_an_approval_is_of_one_change_and_no_other(gated: Bench) -> None:
    gated.memory.steps.clear()  # as if all had to be done once more
    gated.runner = Editor({PRICE: f"{RIGHT}# Another one.\n", CHECK: NEW_CHECK})
    gated.gate = APPROVED
    with pytest.raises(AwaitsApproval):
        gated.run()
    assert gated.memory.worked.count("agent") == 2
    assert gated.only_pull().head_sha == start_of(gated)


def test_switching_the_gate_off_does_not_let_a_rejected_change_out(gated: Bench) -> None:
    gated.change(gate=False)
    assert decide(gated, REJECTED).outcome == "rejected"


def test_switching_the_gate_off_does_not_decide_for_anybody(gated: Bench) -> None:
    gated.change(gate=False)
    with pytest.raises(AwaitsApproval):
        gated.run()


@pytest.mark.parametrize("decision", [AtGate(), APPROVED], ids=["undecided", "approved"])
def test_a_job_that_was_cancelled_while_it_waited_tidies_up(gated: Bench, decision: AtGate) -> None:
    gated.cancelled = True
    with pytest.raises(Cancelled):
        decide(gated, decision)
    assert gated.only_pull().state == "closed"
    assert not gated.branch_exists()


def test_the_commits_outlive_the_mirror_of_the_worker_that_made_them(gated: Bench) -> None:
    shutil.rmtree(gated.mirror)
    gated.mirror = gated.folder / "mirror-of-another-worker.git"
    result = decide(gated, APPROVED)
    assert result.outcome == "verified"
    assert gated.only_pull().head_sha == result.head_sha


def test_the_commits_of_a_rejected_change_are_not_kept(gated: Bench) -> None:
    assert gated.memory.artifacts["commits", "commits.bundle"].data
    decide(gated, REJECTED)
    assert not gated.memory.artifacts["commits", "commits.bundle"].data


def test_the_agent_is_not_needed_any_more(gated: Bench) -> None:
    gated.runner = None  # its key was taken away
    assert decide(gated, APPROVED).outcome == "verified"


def test_what_the_guard_keeps_back_asks_nobody(quick: Bench) -> None:
    quick.change(gate=True)
    quick.runner = Editor({PRICE: RIGHT, ".github/workflows/x.yml": "on: push\n"})
    assert quick.run().outcome == "guard_blocked"


def test_a_pull_request_that_was_closed_meanwhile_is_left_alone(gated: Bench) -> None:
    gated.forge.close(gated.only_pull().number)
    assert decide(gated, APPROVED).outcome == "cancelled"


def test_the_wait_does_not_count_against_the_time_limit(gated: Bench) -> None:
    gated.change(time_limit=0.001)
    context = replace(gated.context(), paused=3600.0, gate=APPROVED)
    gated.context = lambda: context  # type: ignore[method-assign]
    assert gated.run().outcome == "verified"


def test_a_worker_whose_clock_is_ahead_of_the_first_ones_goes_on(
    gated: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 24 * 3600)
    context = replace(gated.context(), began=time.time(), gate=APPROVED)
    gated.context = lambda: context  # type: ignore[method-assign]
    assert gated.run().outcome == "verified"


def test_a_long_wait_for_a_person_leaves_patience_for_the_forge(
    gated: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*arguments: object, **options: object) -> None:
        raise ForgeError("forge_unavailable", "The forge is away.")

    monkeypatch.setattr(LocalForge, "push", away)
    context = replace(gated.context(), paused=APPROVED.waited, gate=APPROVED)
    gated.context = lambda: context  # type: ignore[method-assign]
    with pytest.raises(RateLimited, match="The work is kept"):
        gated.run()


@pytest.mark.parametrize("moment", ["worked", "kept"])
@pytest.mark.parametrize("step", ["gate", "publish", "finish"])
def test_workers_that_die_after_the_approval_leave_one_pull_request(
    gated: Bench, step: str, moment: str
) -> None:
    def die(name: str, round: int) -> None:
        if name == step:
            raise Killed

    gated.gate = APPROVED
    journal = (
        MemoryJournal(gated.memory, kept=die)
        if moment == "kept"
        else MemoryJournal(gated.memory, worked=die)
    )
    with pytest.raises(Killed):
        gated.run(journal)
    result = gated.run()
    assert result.outcome == "verified"
    assert gated.only_pull().head_sha == result.head_sha
    assert not gated.only_pull().draft


def test_a_worker_that_dies_before_the_wait_begins_loses_nothing(quick: Bench) -> None:
    def die(name: str, round: int) -> None:
        if name == "guard":
            raise Killed

    quick.change(gate=True)
    quick.runner = Editor({PRICE: RIGHT, CHECK: NEW_CHECK})
    with pytest.raises(Killed):
        quick.run(MemoryJournal(quick.memory, kept=die))
    with pytest.raises(AwaitsApproval):
        quick.run()
    assert decide(quick, APPROVED).outcome == "verified"
