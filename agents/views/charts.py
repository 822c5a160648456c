"""Charts as numbers for templates: everything in percent of the drawing's width and height.

A drawing has no size of its own, so that it takes the width there is and its words stay readable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import log

from agents.services.metrics.times import Point, Spread
from agents.services.metrics.weeks import Span
from agents.views.spans import told

_HEAD = 12.0  # percent that stay free for numbers, above and below
_GAP = 0.24  # of a column's width
_FEW = 12  # columns that have their number on them
# Where durations are marked, and what they are called.
_TICKS = (
    (timedelta(minutes=1), "1 min"),
    (timedelta(minutes=10), "10 min"),
    (timedelta(hours=1), "1 h"),
    (timedelta(hours=6), "6 h"),
    (timedelta(days=1), "1 day"),
    (timedelta(days=7), "1 week"),
    (timedelta(days=30), "1 month"),
    (timedelta(days=182), "6 months"),
    (timedelta(days=730), "2 years"),
)
_LEFT = 11.0  # percent for the names of the ticks


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle. `kind` is its colour's name, `title` what it says when it is pointed at."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A word in the drawing."""

    text: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a scatter."""

    kind: str
    x: float
    y: float
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """A level across the drawing, with its name."""

    text: str
    y: float
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """A column for each week; `zero` is where they begin. `names` stand below, not all of them."""

    boxes: Sequence[Box]
    numbers: Sequence[Mark]
    names: Sequence[Mark]
    zero: float


@dataclass(frozen=True, slots=True)
class Scatter:
    """Points over time."""

    dots: Sequence[Dot]
    lines: Sequence[Line]
    names: Sequence[Mark]


Series = tuple[str, str, Sequence[float]]  # kind, what it counts, a number for each week


def columns(
    span: Span, up: Sequence[Series], down: Sequence[Series] = (), unit: str = ""
) -> Columns:
    """Columns upwards and, stacked, downwards. None of the numbers is negative."""
    share = (100 - _HEAD * (2 if down else 1)) / (max(_sums(up)) + max(_sums(down)) or 1)
    zero = _HEAD + max(_sums(up)) * share if down else 100.0
    boxes: list[Box] = []
    numbers: list[Mark] = []
    for series, sign in ((up, -1), (down, 1)):
        ends = [zero] * len(span.mondays)
        for kind, what, values in series:
            for place, value in enumerate(values):
                if value:
                    title = f"Week of {_name(span.mondays[place])}: {value:,.0f}{unit} {what}"
                    boxes.append(
                        _column(kind, place, span, (ends[place], sign * value * share), title)
                    )
                    ends[place] += sign * value * share
        numbers += _numbers(_sums(series), ends, sign)
    return Columns(boxes, numbers, week_names(span), round(zero, 2))


def _column(kind: str, place: int, span: Span, reach: tuple[float, float], title: str) -> Box:
    """One part of a column: `reach` is where it begins, and how far it goes (up: less than 0)."""
    x, width = _slot(place, len(span.mondays))
    begin, length = reach
    return _box(kind, (x, begin + min(length, 0.0), width, abs(length)), title)


def _numbers(sums: Sequence[float], ends: Sequence[float], sign: int) -> list[Mark]:
    """What columns add up to, beyond their ends; of many columns only the highest says it."""
    shown = range(len(ends)) if len(ends) <= _FEW else [_last_highest(sums)]
    marks = []
    for place in shown:
        x, width = _slot(place, len(ends))
        at = ends[place] + (9 if sign > 0 else -2)
        if place < len(sums) and sums[place]:
            marks.append(Mark(_short(round(sums[place])), round(x + width / 2, 2), round(at, 2)))
    return marks


def _short(number: int) -> str:
    return f"{number:,}" if number < 10_000 else f"{number / 1000:,.0f} k"


def _last_highest(sums: Sequence[float]) -> int:
    return max(range(len(sums)), key=lambda place: (sums[place], place), default=0)


def week_names(span: Span) -> list[Mark]:
    """The names of some weeks, at most six of them, below their columns."""
    count = len(span.mondays)
    step = max(1, -(-count // 6))
    names = []
    for place in range(0, count, step):
        x, width = _slot(place, count)
        names.append(Mark(_name(span.mondays[place]), round(x + width / 2, 2), 0.0))
    return names


def spark(values: Sequence[int]) -> str:
    """Small columns that show how it went, without words: a path in a square of 100 by 100."""
    most = max(values, default=0) or 1
    path = []
    for place, value in enumerate(values):
        x, width = _slot(place, len(values))
        height = round(max(100 * value / most, 4.0))
        if value:
            path.append(f"M{x:.1f} 100v-{height}h{width:.1f}v{height}z")
    return "".join(path)


def scatter(span: Span, points: Sequence[Point], medians: Sequence[tuple[str, Spread | None]]) -> Scatter:  # fmt: skip
    """Durations over time, each ten times as long the same step up."""
    took = [point.took for point in points]
    low = max((mark for mark, _ in _TICKS if mark <= min(took)), default=_TICKS[0][0])
    high = min((mark for mark, _ in _TICKS if mark >= max(took)), default=max(took))
    high = max(high, low * 10)

    def up(duration: timedelta) -> float:
        inside = min(max(duration, low), high)
        return round(94 - 86 * log(inside / low) / log(high / low), 2)

    begin, end = span.begin, span.begin + timedelta(weeks=len(span.mondays))
    ticks = [Line(name, up(mark)) for mark, name in _TICKS if low <= mark <= high]
    levels = [Line("", up(spread.median), kind) for kind, spread in medians if spread]
    dots = [
        Dot(
            "merge" if point.merged else "pull",
            round(_LEFT + (98 - _LEFT) * _along(point.at, begin, end), 2),
            up(point.took),
            f"#{point.number} {point.title[:80]}: {'merged' if point.merged else 'opened'} {told(point.took)} after the first report",
        )
        for point in points
    ]
    names = [
        Mark(mark.text, round(_LEFT + (98 - _LEFT) * mark.x / 100, 2), 0)
        for mark in week_names(span)
    ]
    return Scatter(dots, [*ticks, *levels], names)


def _along(moment: datetime, begin: datetime, end: datetime) -> float:
    return min(max((moment - begin) / (end - begin), 0.0), 1.0)


def _slot(place: int, count: int) -> tuple[float, float]:
    """Where a column begins, and how wide it is."""
    wide = 100 / max(count, 1)
    return place * wide + wide * _GAP / 2, wide * (1 - _GAP)


def _sums(series: Sequence[Series]) -> list[float]:
    """The height of each week's column; [0] for no series at all."""
    weeks = zip(*(values for _, _, values in series), strict=True)
    return [sum(week) for week in weeks] or [0]


def _box(kind: str, place: tuple[float, float, float, float], title: str) -> Box:
    x, y, width, height = (round(number, 1) for number in place)
    return Box(kind, x, y, width, height, title)


def _name(day: date) -> str:
    return f"{day.day} {day:%b}"
