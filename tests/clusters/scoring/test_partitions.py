from __future__ import annotations

import pytest

from clusters.scoring.partitions import agreement


def test_equal_partitions_agree_whatever_their_names() -> None:
    found = agreement(["a", "a", "b"], [7, 7, 1])
    assert (found.ari, found.b_cubed, found.v) == (1.0, 1.0, 1.0)


def test_figures_of_a_known_case() -> None:
    found = agreement([0, 0, 1, 1], [0, 0, 1, 2])
    assert found.ari == pytest.approx(0.5714, abs=1e-4)
    assert found.v == pytest.approx(0.8)
    assert found.b_cubed == pytest.approx(6 / 7)


def test_shattering_is_not_rewarded() -> None:
    found = agreement([0, 0, 1, 1], [0, 1, 2, 3])
    assert found.ari == 0.0
    assert found.b_cubed == pytest.approx(2 / 3)


def test_one_group_for_everything_is_chance() -> None:
    assert agreement([0, 0, 1, 1], [0, 0, 0, 0]).ari == 0.0
