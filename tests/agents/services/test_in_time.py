"""Nobody waits for what hangs."""

from __future__ import annotations

import threading
import time

import pytest

from agents.services.in_time import all_in_time


def test_everything_runs_at_the_same_time() -> None:
    meeting = threading.Barrier(3)
    assert all_in_time(dict.fromkeys("abc", lambda: meeting.wait(5) >= 0), 5) == dict.fromkeys(
        "abc", True
    )


def test_what_hangs_is_left_out_in_time() -> None:
    never = threading.Event()
    began = time.monotonic()
    try:
        found = all_in_time({"hangs": never.wait, "works": lambda: True}, 0.3)
        assert found == {"works": True}
        assert time.monotonic() - began < 2
    finally:
        never.set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_breaks_is_left_out() -> None:
    def broken() -> bool:
        raise ZeroDivisionError

    assert all_in_time({"broken": broken, "works": lambda: True}, 5) == {"works": True}
