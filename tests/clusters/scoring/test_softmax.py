from __future__ import annotations

import pytest

from clusters.scoring.softmax import Choice, fit

# The first column tells the right file, the second misleads, the third says nothing.
CHOICES = [
    Choice([[1.0, 0.0, 0.5], [0.2, 1.0, 0.5], [0.0, 0.6, 0.5]], [0]),
    Choice([[0.1, 0.9, 0.2], [0.8, 0.1, 0.2]], [1]),
    Choice([[0.4, 0.5, 0.0], [0.5, 0.5, 0.0]], [1]),
]


def test_what_tells_the_right_file_gets_the_weight() -> None:
    telling, misleading, silent = fit(CHOICES, [1, 1, 1], 0.01)
    assert telling > 1
    assert misleading == 0
    assert silent == pytest.approx(0, abs=1e-6)


def test_what_misleads_speaks_against_a_file_where_it_may() -> None:
    assert fit(CHOICES, [1, -1, 1], 0.01)[1] < 0


def test_a_stronger_ridge_keeps_weights_smaller() -> None:
    assert fit(CHOICES, [1, 1, 1], 1.0)[0] < fit(CHOICES, [1, 1, 1], 0.01)[0]
