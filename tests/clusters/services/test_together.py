from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Event

import pytest

from clusters.services.intake.together import Full, Together


class Desk:
    """Writes down what it is given, once it may."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun, self.may = Event(), Event()

    def work(self, tasks: Sequence[int]) -> list[int]:
        self.begun.set()
        assert self.may.wait(30)
        self.batches.append(list(tasks))
        if 13 in tasks:
            raise RuntimeError("thirteen")
        return [10 * task for task in tasks]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def together(desk: Desk) -> Iterator[Together[int, int]]:
    made = Together(desk.work, batch=3, most=5)
    yield made
    desk.may.set()
    made.close()


def test_what_comes_while_one_batch_is_done_is_done_together(
    desk: Desk, together: Together[int, int]
) -> None:
    first = together.add(1)
    assert desk.begun.wait(30)
    later = [together.add(number) for number in (2, 3, 4, 5)]
    desk.may.set()

    assert first.result(30) == 10
    assert [each.result(30) for each in later] == [20, 30, 40, 50]
    assert desk.batches == [[1], [2, 3, 4], [5]]


def test_nobody_waits_for_a_batch_to_fill(desk: Desk, together: Together[int, int]) -> None:
    desk.may.set()

    assert together.add(1).result(30) == 10
    assert together.add(2).result(30) == 20


def test_more_than_may_wait_is_not_taken(desk: Desk, together: Together[int, int]) -> None:
    taken = [together.add(1)]
    assert desk.begun.wait(30)
    taken += [together.add(number) for number in range(2, 7)]
    with pytest.raises(Full):
        together.add(7)
    desk.may.set()

    assert [each.result(30) for each in taken] == [10, 20, 30, 40, 50, 60]
    assert together.add(7).result(30) == 70


def test_who_stops_waiting_does_not_stop_the_work(desk: Desk, together: Together[int, int]) -> None:
    first = together.add(1)
    second = together.add(2)

    assert not second.cancel()
    desk.may.set()
    assert (first.result(30), second.result(30)) == (10, 20)


def test_a_batch_that_fails_fails_for_all_in_it_and_for_nobody_else(
    desk: Desk, together: Together[int, int]
) -> None:
    first = together.add(1)
    assert desk.begun.wait(30)
    failing = [together.add(number) for number in (12, 13)]
    desk.may.set()

    assert first.result(30) == 10
    for each in failing:
        with pytest.raises(RuntimeError, match="thirteen"):
            each.result(30)
    assert together.add(14).result(30) == 140


def test_what_waits_may_be_weighed(desk: Desk) -> None:
    together = Together(desk.work, batch=3, most=100, weigh=lambda task: task)
    first = together.add(1)
    assert desk.begun.wait(30)
    second = together.add(90)
    with pytest.raises(Full):
        together.add(11)
    third = together.add(10)
    desk.may.set()

    assert [each.result(30) for each in (first, second, third)] == [10, 900, 100]
    together.close()
