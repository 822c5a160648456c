from __future__ import annotations

from datetime import date, timedelta

import pytest

from agents.services.metrics.times import Point, spread_of
from agents.services.metrics.weeks import Span
from agents.views.charts import columns, scatter, spark
from agents.views.spans import told

SPAN = Span.of(4, date(2026, 11, 20))
HOUR = timedelta(hours=1)


def test_columns_stand_on_the_line_and_hang_from_it() -> None:
    chart = columns(SPAN, [("up", "came", [1, 0, 4, 2])], [("a", "went", [0, 1, 1, 0]), ("b", "left", [0, 0, 1, 0])])  # fmt: skip
    up = [box for box in chart.boxes if box.kind == "up"]
    assert [box.y + box.height for box in up] == pytest.approx([chart.zero] * 3, abs=0.11)
    assert up[1].height == pytest.approx(4 * up[0].height, abs=0.3)
    hanging = [box for box in chart.boxes if box.kind == "a"]
    assert all(box.y == pytest.approx(chart.zero, abs=0.06) for box in hanging)
    below = next(box for box in chart.boxes if box.kind == "b")
    assert below.y == pytest.approx(hanging[1].y + hanging[1].height, abs=0.15)
    assert [mark.text for mark in chart.numbers] == ["1", "4", "2", "1", "2"]
    assert up[1].title == "Week of 9 Nov: 4 came"


def test_every_box_is_inside_the_drawing() -> None:
    chart = columns(SPAN, [("up", "came", [9, 0, 400, 2])], [("a", "went", [7, 1, 1, 90])])
    for box in chart.boxes:
        assert box.x >= 0
        assert box.x + box.width <= 100.1
        assert box.y >= 0
        assert box.y + box.height <= 100.1


def test_nothing_at_all_is_an_empty_drawing() -> None:
    chart = columns(SPAN, [("up", "came", [0, 0, 0, 0])])
    assert (chart.boxes, chart.numbers, chart.zero) == ([], [], 100.0)
    assert (spark([0, 0]), spark([])) == ("", "")


def test_small_columns_leave_out_weeks_without_anything() -> None:
    assert spark([0, 10, 1000]).count("M") == 2
    assert "v-100h" in spark([0, 10, 1000])
    assert "v-4h" in spark([0, 10, 1000])  # little is not nothing


def test_of_many_columns_only_the_highest_says_its_number() -> None:
    year = Span.of(52, date(2026, 11, 20))
    values = [place % 7 for place in range(52)]
    chart = columns(year, [("up", "came", values)])
    assert [mark.text for mark in chart.numbers] == ["6"]
    assert len(chart.names) <= 6


def test_longer_lies_higher_and_later_lies_further_right() -> None:
    points = [
        Point(SPAN.begin + timedelta(days=day), hours * HOUR, day, "Fix", merged)
        for day, hours, merged in ((1, 2, False), (20, 300, True))
    ]
    chart = scatter(SPAN, points, [("pull", spread_of([2 * HOUR])), ("merge", None)])
    early, late = chart.dots
    assert (early.kind, late.kind) == ("pull", "merge")
    assert early.x < late.x
    assert early.y > late.y
    assert early.title == "#1 Fix: opened 2 h 0 m after the first report"
    assert [line.text for line in chart.lines if not line.kind] == [
        "1 h", "6 h", "1 day", "1 week", "1 month",
    ]  # fmt: skip
    assert [line.y for line in chart.lines if line.kind] == [early.y]


@pytest.mark.parametrize("took", [timedelta(), timedelta(seconds=3), timedelta(days=5000)])
def test_very_short_and_very_long_ones_stay_inside(took: timedelta) -> None:
    chart = scatter(SPAN, [Point(SPAN.begin, took, 1, "Fix", False)], [])
    assert 0 <= chart.dots[0].y <= 100


@pytest.mark.parametrize(
    ("hours", "text"),
    [(3, "3 h 0 m"), (47, "47 h 0 m"), (76, "3 d 4 h"), (72, "3 d"), (400, "16 d")],
)
def test_long_times_are_told_in_days(hours: int, text: str) -> None:
    assert told(hours * HOUR) == text
