"""Days as columns: what came from a source, drawn on the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clusters.services.sources.health import COUNTS, Day

HEIGHT = 100
STEP, WIDTH = 10, 8
_SHORTEST = 3  # of what is there at all, so that it can be seen

# What the colours mean, in the order of the columns from below.
LEGEND = {
    "taken": "new or updated",
    "left": "known already or filtered",
    "lost": "refused or limited",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a column: its colour's name, and where it is drawn."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """One day."""

    day: Day
    x: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """The columns, oldest first; `label` says the same in words."""

    columns: tuple[Column, ...]
    label: str
    total: int

    @property
    def width(self) -> int:
        """Of the drawing."""
        return STEP * len(self.columns)


def chart(days: Sequence[Day]) -> Chart:
    """The drawing of some days."""
    most = max((day.total for day in days), default=0)
    columns = tuple(
        Column(day, number * STEP, _parts(day, most)) for number, day in enumerate(days)
    )
    return Chart(columns, _label(days, most), sum(day.total for day in days))


def words(totals: dict[str, int]) -> list[str]:
    """`12 new`, `3 updated` and so on; only what happened."""
    named = dict(
        zip(COUNTS, ("new", "updated", "known", "refused", "filtered", "limited"), strict=True)
    )
    return [f"{totals[name]:,} {word}" for name, word in named.items() if totals.get(name)]


def _parts(day: Day, most: int) -> tuple[Part, ...]:
    found, below = [], float(HEIGHT)
    for kind in LEGEND:
        count: int = getattr(day, kind)
        if count:
            height = max(_SHORTEST, round(HEIGHT * count / most, 1))
            below = max(0.0, round(below - height, 1))
            found.append(Part(kind, below, height))
    return tuple(found)


def _label(days: Sequence[Day], most: int) -> str:
    if not most:
        return f"Nothing came in the last {len(days)} days."
    top = max(days, key=lambda day: day.total)
    total = sum(day.total for day in days)
    return (
        f"{total:,} in the last {len(days)} days, most of them on {top.day:%-d %B}: {top.total:,}."
    )
