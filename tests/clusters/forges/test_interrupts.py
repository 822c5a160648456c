"""What waits on a worker ends as soon as its work is cut, with everything it started."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clusters.forges import git, interrupts
from clusters.forges.github.client import Client
from clusters.forges.github.errors import Place
from clusters.forges.interrupts import Interrupt, sheltered, working_under
from clusters.forges.mirrors import lock_of, locked


class StopNow(Exception):
    """Why the tests cut."""


@contextmanager
def cut_when(ready: Callable[[], bool]) -> Iterator[Interrupt]:
    """Work under an interrupt that another thread cuts as soon as `ready` says so."""
    interrupt = Interrupt()
    given_up = threading.Event()

    def watch() -> None:
        while not ready() and not given_up.wait(0.01):
            continue
        interrupt.cut(StopNow)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with working_under(interrupt):
            yield interrupt
    finally:
        given_up.set()
        watcher.join()


def soon(condition: Callable[[], bool], within: float = 10.0) -> bool:
    deadline = time.monotonic() + within
    tick = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            return False
        tick.wait(0.02)
    return True


def is_running(pid_file: Path) -> bool:
    stat = Path(f"/proc/{pid_file.read_text().strip()}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_git_ends_with_all_its_helpers(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    hangs = f"alias.hang=!sleep 60 & echo $! > {pid}.new; mv {pid}.new {pid}; wait"
    began = time.monotonic()
    with cut_when(pid.exists), pytest.raises(StopNow):
        git.run(["hang"], settings=[hangs], timeout=60)
    assert time.monotonic() - began < 20
    assert soon(lambda: not is_running(pid))


def test_git_may_remove_its_locks_before_it_ends(tmp_path: Path) -> None:
    # A lock file that stays behind would stop everybody else's work on the same mirror.
    begun, tidied = tmp_path / "begun", tmp_path / "tidied"
    tidies = f"alias.tidies=!trap 'touch {tidied}; exit 1' TERM; touch {begun}; sleep 60 & wait"
    with cut_when(begun.exists), pytest.raises(StopNow):
        git.run(["tidies"], settings=[tidies], timeout=60)
    assert tidied.exists()


def test_git_that_does_not_want_to_end_is_ended(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    stays = f"alias.stays=!trap '' TERM; echo $$ > {pid}.new; mv {pid}.new {pid}; sleep 60 & wait"
    began = time.monotonic()
    with cut_when(pid.exists), pytest.raises(StopNow):
        git.run(["stays"], settings=[stays], timeout=60)
    assert time.monotonic() - began < 20
    assert soon(lambda: not is_running(pid))


def test_no_git_begins_after_the_cut(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    interrupt = Interrupt()
    interrupt.cut(StopNow)
    with working_under(interrupt), pytest.raises(StopNow):
        git.run(["touches"], settings=[f"alias.touches=!sleep 1; touch {trace}"])
    assert not trace.exists()


def test_the_wait_for_a_mirror_that_somebody_fetches_ends(tmp_path: Path) -> None:
    lock = lock_of(tmp_path / "1.git")
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with locked(lock):
            held.set()
            free.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(10)
    try:
        with cut_when(lambda: True), pytest.raises(StopNow), locked(lock):
            raise AssertionError("the lock is another's")
    finally:
        free.set()
        holder.join()


def test_a_call_that_waits_for_its_next_try_ends() -> None:
    place = Place("acme/shop", "https://github.test", "", "token")
    client = Client("token", place, api_url="http://127.0.0.1:9")
    with cut_when(lambda: client.calls > 0), pytest.raises(StopNow):
        client.get("/repos/acme/shop")
    assert client.calls == 1


def test_tidying_up_goes_on_after_the_cut_for_as_long_as_it_may() -> None:
    interrupt = Interrupt()
    interrupt.cut(StopNow)
    with working_under(interrupt):
        with sheltered(60, ZeroDivisionError):
            assert git.run(["version"]).startswith(b"git version")
        with pytest.raises(ZeroDivisionError), sheltered(0.05, ZeroDivisionError):
            interrupts.pause(30)
        with pytest.raises(StopNow):
            interrupts.check()


def test_the_first_reason_counts_and_nobody_is_ended_twice() -> None:
    interrupt, ended = Interrupt(), []

    def cut_twice() -> None:
        with interrupt.ending(lambda: ended.append("once")):
            interrupt.cut(StopNow)
            interrupt.cut(ZeroDivisionError)

    with pytest.raises(StopNow):
        cut_twice()
    assert ended == ["once"]


def test_work_that_nobody_cuts_is_left_alone() -> None:
    interrupts.check()
    interrupts.pause(0)
    with interrupts.current().ending(lambda: pytest.fail("ended")):
        pass
