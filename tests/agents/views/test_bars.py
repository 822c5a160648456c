"""Bars along time: as long as the steps took, within the chart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agents.models import Step
from agents.views.bars import chart

BEGUN = datetime(2026, 11, 20, 9, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return BEGUN + timedelta(seconds=seconds)


def step(name: str, begin: float, end: float | None = None, **fields: int) -> Step:
    return Step(
        name=name,
        started_at=after(begin),
        finished_at=None if end is None else after(end),
        **fields,
    )


def test_steps_lie_where_they_happened() -> None:
    found = chart([step("setup", 0, 25), step("agent", 25)], begun=BEGUN, now=after(100))
    assert [(bar.kind, bar.x, bar.width, bar.end) for bar in found.bars] == [
        ("prepare", 0, 25, 25),
        ("agent", 25, 75, None),
    ]
    assert found.agent_percent == 75
    assert [(part.kind, part.seconds) for part in found.parts] == [("prepare", 25), ("agent", 75)]


def test_a_job_that_usually_takes_longer_leaves_room() -> None:
    found = chart([step("agent", 0)], begun=BEGUN, now=after(50), usual=200)
    assert (found.bars[0].width, found.usual_at) == (25, 100)


def test_one_that_takes_longer_than_usual_passes_the_mark() -> None:
    found = chart([step("agent", 0)], begun=BEGUN, now=after(200), usual=50)
    assert (found.bars[0].width, found.usual_at) == (100, 25)


def test_earlier_attempts_are_one_bar() -> None:
    found = chart([step("agent", 60)], begun=BEGUN, now=after(100), attempt_began=after(50))
    assert [(bar.kind, bar.x, bar.width) for bar in found.bars] == [
        ("earlier", 0, 50),
        ("agent", 60, 40),
    ]


@pytest.mark.parametrize(("begin", "end"), [(99.9999, 100), (0, 0), (-5, 1), (100, None)])
def test_no_bar_is_invisible_or_sticks_out(begin: float, end: float | None) -> None:
    (bar,) = chart([step("guard", begin, end)], begun=BEGUN, now=after(100)).bars
    assert bar.width >= 0.6
    assert 0 <= bar.x <= 100 - bar.width


def test_what_was_taken_over_from_another_job_took_none_of_this_ones_time() -> None:
    found = chart([step("setup", -90, -60), step("agent", 0)], begun=BEGUN, now=after(10))
    assert [bar.name for bar in found.bars] == ["agent"]


def test_before_the_first_step_there_is_no_share() -> None:
    found = chart([], begun=BEGUN, now=BEGUN)
    assert (found.bars, found.parts, found.agent_percent) == ((), [], None)
