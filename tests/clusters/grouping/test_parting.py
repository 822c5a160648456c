from __future__ import annotations

import numpy as np

from clusters.embedding.minilm import Floats, unit
from clusters.grouping.parting import parting


def rows(*directions: int) -> Floats:
    """Rows that are alike by about one half, and by more when they have one direction."""
    chance = np.random.default_rng(1)
    found = np.zeros((len(directions), 64), np.float32)
    for row, direction in zip(found, directions, strict=True):
        row[0], row[direction] = 0.7, 0.7
        row += chance.normal(0, 0.01, 64).astype(np.float32)
    return unit(found)


def test_two_matters_come_apart() -> None:
    found = parting(rows(1, 2, 1, 2, 1, 2, 1), 0.4)
    assert found.parts == [[0, 2, 4, 6], [1, 3, 5]]
    assert found.gap > 0.3
    assert 0.05 < found.margin < 0.15


def test_one_matter_stays_whole() -> None:
    found = parting(rows(1, 1, 1, 1, 1), 0.4)
    assert found.parts == [[0, 1, 2, 3, 4]]


def test_a_stray_report_goes_with_the_part_that_it_is_most_alike() -> None:
    found = parting(rows(*[1] * 10, *[2] * 10, 3), 0.4)
    assert sorted(len(part) for part in found.parts) == [10, 11]
    assert sorted(n for part in found.parts for n in part) == list(range(21))


def test_two_reports_may_come_apart_and_one_cannot() -> None:
    assert parting(rows(1, 2), 0.4).parts == [[0], [1]]
    assert parting(rows(1), 0.4).parts == [[0]]
