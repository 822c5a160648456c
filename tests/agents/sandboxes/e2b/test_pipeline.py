"""The pipeline of a fix, unchanged, in machines at E2B."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.sandboxes.e2b import Account, E2BProvider
from tests.agents.pipelines import bench as benches
from tests.agents.pipelines.agents_of_tests import Editor
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.journal import Killed, MemoryJournal
from tests.agents.pipelines.projects import (
    CHECK,
    CHECK_COMMAND,
    NEW_CHECK,
    PRICE,
    QUICK,
    RIGHT,
    WRONG,
)
from tests.stand_ins.e2b.faults import Fault
from tests.stand_ins.e2b.server import E2BDouble

pytestmark = pytest.mark.slow


@pytest.fixture
def bench(
    tmp_path: Path, double: E2BDouble, account: Account, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    """A job whose sandboxes are there."""
    provider = E2BProvider(account, installation=tmp_path.name)
    monkeypatch.setattr(benches, "LocalProvider", lambda folder: provider)
    bench = Bench(tmp_path, QUICK)
    bench.change(test_command=CHECK_COMMAND)
    bench.runner = Editor({PRICE: WRONG, CHECK: NEW_CHECK}, {PRICE: RIGHT})
    yield bench
    double.faults.clear()
    bench.close()


def test_a_fix_becomes_a_ready_pull_request_whatever_goes_wrong_on_the_way(
    bench: Bench, double: E2BDouble
) -> None:
    start = "POST /process.Process/Start"
    double.faults.add(Fault("POST /v2/sandboxes", status=429, headers={"Retry-After": "0"}))
    double.faults.add(Fault("POST /files", times=2, status=502, message="bad gateway"))
    for cut in (0, 300, 600):
        double.faults.add(Fault(start, cut_after=cut))
    double.faults.add(Fault("DELETE *", status=503))

    result = bench.run()

    assert (result.outcome, result.verified) == ("verified", True), bench.memory.log
    assert not bench.only_pull().draft
    assert double.faults.hits == 7
    assert bench.left_over() == []


def test_workers_that_die_after_every_step_leave_one_pull_request_and_no_machine(
    bench: Bench,
) -> None:
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
