from __future__ import annotations

from clusters.grouping.tuning import MOST, Pair, shift_of

THRESHOLD = 0.3


def splits(count: int, likeness: float = 0.55) -> list[Pair]:
    return [Pair(f"split {n}", likeness, together=False) for n in range(count)]


def merges(count: int, likeness: float = 0.28) -> list[Pair]:
    return [Pair(f"merge {n}", likeness, together=True) for n in range(count)]


def test_without_corrections_the_threshold_stays() -> None:
    assert shift_of([], THRESHOLD) == 0


def test_groups_that_are_taken_apart_raise_it_and_groups_that_are_joined_lower_it() -> None:
    assert shift_of(splits(10), THRESHOLD) > 0.02
    assert shift_of(merges(30), THRESHOLD) < -0.02


def test_one_correction_hardly_moves_it() -> None:
    assert abs(shift_of(splits(1), THRESHOLD)) < 0.01
    assert abs(shift_of(merges(1), THRESHOLD)) < 0.01


def test_one_correction_of_many_reports_is_one_correction() -> None:
    many = [Pair("one", 0.55, together=False)] * 20
    assert shift_of(many, THRESHOLD) == shift_of(splits(1), THRESHOLD)


def test_it_is_bounded() -> None:
    assert 0 < shift_of(splits(5_000), THRESHOLD) <= MOST
    assert -MOST <= shift_of(merges(5_000), THRESHOLD) < 0


def test_what_people_do_with_good_groups_leaves_it_alone() -> None:
    assert abs(shift_of([*splits(10), *merges(33)], THRESHOLD)) < 0.01


def test_pairs_that_were_right_anyway_teach_nothing() -> None:
    sure = [Pair(n, 0.9, together=True) for n in range(10)]
    assert abs(shift_of(sure, THRESHOLD)) < 0.01
