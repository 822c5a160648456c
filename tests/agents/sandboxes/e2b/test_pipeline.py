"""The pipeline of a fix, unchanged, in machines at E2B, whatever goes wrong there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from agents.pipelines.base import ReceiptKind
from agents.runners.base import Listener, Message, Task, Verdict
from agents.sandboxes.base import Sandbox
from agents.sandboxes.e2b import Account, E2BProvider, errors, follow
from clusters.forges.base import PullState, RateLimited
from clusters.forges.local import LocalForge
from tests.agents.pipelines import bench as benches
from tests.agents.pipelines.agents_of_tests import DONE, Editor
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.journal import Hook, Killed, Memory, MemoryJournal
from tests.agents.pipelines.projects import (
    CHECK,
    CHECK_COMMAND,
    NEW_CHECK,
    PRICE,
    QUICK,
    RIGHT,
    WRONG,
)
from tests.agents.sandboxes.e2b.helpers import HOST, KEY, SAID, Backend, Typist
from tests.stand_ins.e2b.faults import Fault
from tests.stand_ins.e2b.server import E2BDouble

pytestmark = pytest.mark.slow

START = "POST /process.Process/Start"
FIXED = {PRICE: RIGHT, CHECK: NEW_CHECK}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "PAUSES", (0.0,) * len(errors.PAUSES))
    monkeypatch.setattr(follow, "PAUSES", (0.0,) * len(follow.PAUSES))


@pytest.fixture
def bench(
    tmp_path: Path, double: E2BDouble, account: Account, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    """A job whose sandboxes are there."""
    provider = E2BProvider(account, installation=tmp_path.name)
    monkeypatch.setattr(benches, "LocalProvider", lambda folder: provider)
    bench = Bench(tmp_path, QUICK)
    bench.change(test_command=CHECK_COMMAND)
    bench.runner = Editor(FIXED)
    yield bench
    double.faults.clear()
    bench.close()


def when(step: str, work: Hook) -> Hook:
    """A hook for one step only."""

    def hook(name: str, round: int) -> None:
        if name == step:
            work(name, round)

    return hook


def test_a_fix_becomes_a_ready_pull_request_whatever_goes_wrong_on_the_way(
    bench: Bench, double: E2BDouble
) -> None:
    bench.runner = Editor({PRICE: WRONG, CHECK: NEW_CHECK}, {PRICE: RIGHT})
    double.faults.add(Fault("POST /v2/sandboxes", status=429, headers={"Retry-After": "0"}))
    double.faults.add(Fault("POST /files", status=502, message="bad gateway"))
    double.faults.add(Fault(START, cut_after=0))
    double.faults.add(Fault("DELETE *", status=503))

    def once_more(name: str, round: int) -> None:
        double.faults.add(Fault("POST /files", status=502, message="bad gateway"))
        for cut in (300, 600):
            double.faults.add(Fault(START, cut_after=cut))

    result = bench.run(MemoryJournal(bench.memory, begun=when("baseline", once_more)))

    assert (result.outcome, result.verified) == ("verified", True), bench.memory.log
    assert not bench.only_pull().draft
    assert double.faults.hits == 7
    assert bench.left_over() == []


def test_workers_that_die_after_every_step_leave_one_pull_request_and_no_machine(
    bench: Bench,
) -> None:
    bench.runner = Editor({PRICE: WRONG, CHECK: NEW_CHECK}, {PRICE: RIGHT})
    died: set[tuple[str, int]] = set()

    def die_once(name: str, round: int) -> None:
        if (name, round) not in died:
            died.add((name, round))
            raise Killed

    result = None
    while result is None:
        try:
            result = bench.run(MemoryJournal(bench.memory, kept=die_once))
        except Killed:
            assert len(bench.left_over()) <= 1

    assert result.outcome == "verified", bench.memory.log
    assert len(died) > 8
    assert bench.only_pull().head_sha == result.head_sha
    assert bench.left_over() == []


# --- a command line agent ----------------------------------------------------------------------


@pytest.fixture
def model(double: E2BDouble) -> Iterator[Backend]:
    """Where the agent's model is."""
    with Backend().serving() as backend:
        double.backends[HOST] = backend.address
        yield backend
        double.backends.clear()


def test_an_agent_whose_stream_breaks_and_whose_network_is_late_is_heard_once(
    bench: Bench, double: E2BDouble, model: Backend
) -> None:
    bench.runner = Typist(FIXED)

    def break_it(name: str, round: int) -> None:
        double.faults.add(Fault("PUT *network", status=429))
        double.faults.add(Fault("PUT *network", status=502))
        double.faults.add(Fault("PUT *network", lost=True))
        for cut in (400, 5_000, 0, 20_000):
            double.faults.add(Fault(START, cut_after=cut))
        double.faults.add(Fault(START, status=502, message="bad gateway"))

    result = bench.run(MemoryJournal(bench.memory, begun=when("agent", break_it)))

    assert (result.outcome, double.faults.hits) == ("verified", 8), bench.memory.log
    said = [event.text for event in bench.memory.events if isinstance(event, Message)]
    assert said == SAID
    assert [each["authorization"] for each in model.headers] == [f"Bearer {KEY}"]
    assert bench.left_over() == []


def test_a_worker_that_dies_while_the_agent_works_leaves_it_to_the_next(
    bench: Bench, model: Backend
) -> None:
    bench.runner = Typist(FIXED)
    died: list[str] = []

    def die_once() -> None:
        if bench.memory.events and not died:
            died.append("yes")
            raise Killed

    with pytest.raises(Killed):
        bench.run(MemoryJournal(bench.memory, beaten=die_once))
    result = bench.run()

    assert result.outcome == "verified", bench.memory.log
    assert [e.text for e in bench.memory.events if isinstance(e, Message)] == SAID
    assert len(model.headers) == 1  # it went on and was not begun again


def test_an_agent_that_does_not_end_reaches_its_time_limit(bench: Bench, model: Backend) -> None:
    bench.runner = Typist({}, then="sleep 60")
    bench.change(agent_timeout=3.0)

    result = bench.run()

    assert result.outcome == "agent_limit", bench.memory.log
    assert bench.only_pull().state == PullState.CLOSED
    assert bench.left_over() == []


# --- a machine that goes away ------------------------------------------------------------------


def only_box(bench: Bench) -> str:
    (id_,) = bench.left_over()
    return id_


@pytest.mark.parametrize("step", ["baseline", "verify"])
def test_a_machine_that_vanishes_ends_the_job_which_can_be_started_again(
    bench: Bench, double: E2BDouble, step: str
) -> None:
    def vanish(name: str, round: int) -> None:
        double.vanish(only_box(bench))

    result = bench.run(MemoryJournal(bench.memory, begun=when(step, vanish)))

    assert (result.outcome, result.verified) == ("sandbox_lost", False), bench.memory.log
    assert "gone" in result.detail
    assert bench.only_pull().state == PullState.CLOSED
    assert not bench.branch_exists()
    bench.memory = Memory()
    assert bench.run().outcome == "verified", bench.memory.log


def test_a_machine_whose_time_is_over_while_the_agent_works_is_lost(
    bench: Bench, double: E2BDouble, model: Backend
) -> None:
    bench.runner = Typist({}, then="sleep 60")

    def end_its_time() -> None:
        if bench.memory.events:
            for box in list(double.boxes.all.values()):
                double.call(partial(box.live_for, 0))

    result = bench.run(MemoryJournal(bench.memory, beaten=end_its_time))

    assert result.outcome == "sandbox_lost", bench.memory.log
    assert bench.left_over() == []


def test_what_was_proven_is_published_although_the_machine_is_gone(
    bench: Bench, double: E2BDouble
) -> None:
    def vanish(name: str, round: int) -> None:
        double.vanish(only_box(bench))

    result = bench.run(MemoryJournal(bench.memory, kept=when("guard", vanish)))

    assert result.outcome == "verified", bench.memory.log
    assert not bench.only_pull().draft


# --- waiting -----------------------------------------------------------------------------------


def test_a_machine_with_work_in_it_rests_while_the_forge_is_waited_for(
    bench: Bench, double: E2BDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    def limited(*args: object, **kwargs: object) -> None:
        raise RateLimited(0.0, "Later.")

    with monkeypatch.context() as patch:
        limit = when("guard", lambda name, round: patch.setattr(LocalForge, "push", limited))
        with pytest.raises(RateLimited):
            bench.run(MemoryJournal(bench.memory, kept=limit))
    box = double.box(only_box(bench))
    assert box.state == "paused"

    result = bench.run()

    assert result.outcome == "verified", bench.memory.log
    assert bench.memory.worked.count("agent") == 1
    assert bench.left_over() == []


def test_an_agent_s_work_outlives_a_rest(bench: Bench, double: E2BDouble) -> None:
    """The machine is paused between two workers, with files that nobody has taken back yet."""

    def write_and_die(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        if "begun" in bench.memory.notes:
            return DONE
        bench.memory.notes["begun"] = "yes"
        for path, text in FIXED.items():
            sandbox.write(f"{sandbox.repository}/{path}", text.encode())
        sandbox.rest()
        raise Killed

    bench.runner = Editor(write_and_die)
    with pytest.raises(Killed):
        bench.run()
    assert double.box(only_box(bench)).state == "paused"

    assert bench.run().outcome == "verified", bench.memory.log
    assert ReceiptKind.HEAD in {kind for kind, _ in bench.memory.receipts}


# --- an account that refuses -------------------------------------------------------------------


def test_an_account_at_its_limit_ends_the_job_before_anything_is_shown(
    bench: Bench, double: E2BDouble
) -> None:
    stop = {"Should-Retry": "false"}
    double.faults.add(Fault("POST /v2/sandboxes", times=99, status=429, headers=stop))

    result = bench.run()

    assert result.outcome == "sandbox_failed"
    assert "limiting this account" in result.detail
    assert bench.forge.pulls() == []


def test_a_machine_that_cannot_be_ended_does_not_hide_what_was_proven(
    bench: Bench, double: E2BDouble
) -> None:
    away = when("publish", lambda name, round: double.faults.add(away_for_long))
    away_for_long = Fault("DELETE *", times=99, status=503)

    result = bench.run(MemoryJournal(bench.memory, kept=away))

    assert result.outcome == "verified"
    assert "Cleaning up was not complete" in bench.memory.log
    assert len(bench.left_over()) == 1
