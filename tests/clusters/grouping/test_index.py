"""An index decides by its items alone, whether it grew or was made of stored rows."""

from __future__ import annotations

import random

import numpy as np
import pytest

from clusters.embedding.hashed import counted
from clusters.grouping.groups import Bound
from clusters.grouping.index import Index, next_point, point_before
from clusters.grouping.regroup import Fixed
from tests.clusters.grouping.test_stream import meaning, texts


def grown(count: int) -> Index:
    index = Index(meaning=True)
    add(index, texts(count))
    index.move(index.better(Fixed()))
    return index


def add(index: Index, said: list[str], bound: tuple[Bound, ...] = ()) -> list[int]:
    dense = meaning(said).astype("<f2")
    return [each.group for each in index.add(dense, [counted(text) for text in said], bound)]


@pytest.mark.parametrize("count", [0, 5, 11, 60, 130])
def test_made_anew_it_decides_as_the_one_that_grew(count: int) -> None:
    old, said = grown(count), texts(count)
    new = Index(meaning=True)
    if count:
        dense = meaning(said).astype("<f2")
        new.load(dense, [counted(text) for text in said], old.groups.of, len(old.groups))
    assert new.threshold == old.threshold
    later = [*texts(200)[count:]]
    random.Random(count).shuffle(later)
    assert add(old, later) == add(new, later)
    assert old.threshold == pytest.approx(new.threshold, abs=1e-6)


def test_the_points_of_fitting_follow_from_the_number_alone() -> None:
    points = [0]
    while points[-1] < 200_000:
        points.append(next_point(points[-1]))
    assert all(point_before(point) == point for point in points)
    assert all(point_before(point - 1) < point for point in points[1:])


def test_what_is_bound_goes_where_it_is_bound_to() -> None:
    index = grown(80)
    other = index.groups.of[1]
    found = add(
        index,
        ["coupon discount basket x", "coupon discount basket y"],
        (Bound(group=other), Bound(item=80)),
    )
    assert found == [other, other]


def test_nothing_joins_a_closed_group_by_likeness() -> None:
    index = grown(80)
    before = index.groups.of[76]
    index.groups.close([before])
    first = add(index, texts(77)[76:])[0]
    assert first != before
    index.groups.close([])
    assert add(index, texts(81)[80:])[0] in {before, first}


def test_groups_that_people_looked_at_and_those_that_are_closed_stay_as_they_are() -> None:
    index = grown(80)
    wrong = index.groups.of[1]
    index.move({0: wrong, 4: wrong, 8: wrong})
    assert index.better(Fixed()).keys() == {0, 4, 8}
    assert index.better(Fixed(pinned={0})) == {}
    assert index.better(Fixed(free=[])) == {}
    home = index.groups.of[12]
    assert index.better(Fixed(free=[home])) == {}


def test_the_nearest_item_and_its_likeness_are_known() -> None:
    index = grown(80)
    near = index.nearest(0, index.groups.of[4])
    assert near is not None
    assert near.item % 4 == 0
    assert near.likeness == pytest.approx(index.likeness(0, near.item), abs=1e-3)
    others = [n for n in index.groups.members[index.groups.of[0]] if n != 0]
    mean = np.mean([index.likeness(0, other) for other in others])
    assert index.average(0, index.groups.of[0]) == pytest.approx(mean, abs=1e-2)
