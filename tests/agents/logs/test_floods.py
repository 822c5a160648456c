"""A flood of any kind is stored in order and takes the worker's memory no further than a trickle."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from agents.logs.measuring import flood
from agents.logs.storing import MEBIBYTE
from agents.models import Execution
from tests.agents.logs.conftest import MakeRecorder
from tests.agents.logs.test_recorder import text_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

MOST = 24 * MEBIBYTE  # of Python's own memory, at any moment


def peak_of(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def test_no_line_of_a_flood_is_lost_or_misplaced(job: object, execution: Execution) -> None:
    measured = flood(execution, 3, 30_000)

    assert (measured.lost, measured.misplaced) == (0, 0)
    # A tenth of what an idle machine does: the bar is the benchmark's.
    assert measured.lines_per_second > 2_000


@pytest.mark.parametrize(
    "piece",
    [
        b"x" * 65_536,
        bytes(range(256)) * 256,
        b"\x1b[38;5;196m" * 6_000,
        b"s\x1b[m" * 16_384,
        b"\xf0\x9f\x98\x80" * 16_384,
        b"\r10 %" * 13_000,
        b"http://x" * 8_192,
    ],
    ids=["a long line", "binary", "codes", "beginnings and codes", "wide", "progress", "addresses"],
)
def test_a_flood_takes_no_more_memory_than_its_batch(
    record: MakeRecorder, execution: Execution, piece: bytes
) -> None:
    recorder = record("s3cr3t-value", limit=64 * MEBIBYTE)

    def write() -> None:
        for _ in range(48):  # 3 MiB
            recorder.write("output", piece, "flood")
        recorder.close(final=True)

    assert peak_of(write) < MOST
    execution.refresh_from_db()
    assert execution.log_sources["flood"] > 2.5 * MEBIBYTE / 4


def test_a_line_of_50_mebibytes_is_stored_whole(record: MakeRecorder, execution: Execution) -> None:
    recorder = record(limit=64 * MEBIBYTE)

    def write() -> None:
        recorder.write("output", b"0123456789abcdef" * (50 * MEBIBYTE // 16), "line")
        recorder.close(final=True)

    assert peak_of(write) < 50 * MEBIBYTE + MOST
    assert text_of(execution) == "0123456789abcdef" * (50 * MEBIBYTE // 16)


def test_many_small_writes_wait_for_the_log_before_they_fill_the_memory(
    record: MakeRecorder, execution: Execution
) -> None:
    recorder = record()

    def write() -> None:
        for number in range(60_000):
            recorder.write("agent", "." if number % 60 else "\n", "agent-1")
        recorder.close(final=True)

    assert peak_of(write) < MOST
    assert len(text_of(execution)) == 60_000
