"""The plugin of `bin/test`."""

from __future__ import annotations

import pytest

from tests.lanes import is_sampled, parse_sample, skip_reasons

TESTS = [f"tests/test_{n}.py::test" for n in range(1000)]


def test_the_same_seed_chooses_the_same_tests() -> None:
    assert [is_sampled(t, "7", 0.3) for t in TESTS] == [is_sampled(t, "7", 0.3) for t in TESTS]


def test_another_seed_chooses_others() -> None:
    assert [is_sampled(t, "7", 0.3) for t in TESTS] != [is_sampled(t, "8", 0.3) for t in TESTS]


@pytest.mark.parametrize(
    ("fraction", "least", "most"), [(0.0, 0, 0), (0.3, 250, 350), (1.0, 1000, 1000)]
)
def test_the_fraction_is_kept(fraction: float, least: int, most: int) -> None:
    assert least <= sum(is_sampled(t, "7", fraction) for t in TESTS) <= most


def test_a_seed_may_be_any_text() -> None:
    assert parse_sample("2026-11-20:0.5") == ("2026-11-20", 0.5)


@pytest.mark.parametrize("text", ["", "0.3", ":0.3", "7:", "7:much", "7:1.5", "7:-1"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(pytest.UsageError, match="SEED:FRACTION"):
        parse_sample(text)


def test_each_reason_is_told_once_with_its_count() -> None:
    def skipped(reason: str) -> pytest.TestReport:
        return pytest.TestReport(
            nodeid="t",
            location=("t", 1, "t"),
            keywords={},
            outcome="skipped",
            longrepr=("t.py", 1, f"Skipped: {reason}"),
            when="setup",
        )

    reasons = skip_reasons([skipped("no chromium"), skipped("no chromium"), skipped("no npm")])
    assert reasons == {"no chromium": 2, "no npm": 1}
