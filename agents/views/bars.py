"""Steps as bars along time: how long each took, and what the agent's part of it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agents.models import Step
from agents.views.timeline import TITLES

# What a step's colour says, in the order of the legend.
KINDS = {
    "prepare": "Preparing",
    "tests": "Tests",
    "agent": "Agent",
    "publish": "Checks and publishing",
    "earlier": "Earlier attempt",
}
_KIND_OF = {
    "baseline": "tests",
    "verify": "tests",
    "agent": "agent",
    "guard": "publish",
    "gate": "publish",
    "publish": "publish",
    "finish": "publish",
}
_LEAST = 0.6  # percent of the width: what happened can be seen


@dataclass(frozen=True, slots=True)
class Bar:
    """One step. `begin` and `end` are seconds since the chart's beginning; `end` is None while it
    goes on; `x` and `width` are percent of the chart."""

    name: str
    round: int
    kind: str
    begin: float
    end: float | None
    x: float
    width: float
    seconds: float

    @property
    def title(self) -> str:
        """The step's name for people."""
        if self.kind == "earlier":
            return KINDS["earlier"]
        return TITLES.get(self.name, self.name.replace("_", " ").capitalize())


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of step in all: its seconds, and its share of all steps in whole percent."""

    kind: str
    label: str
    seconds: float
    percent: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars over `seconds`, which is the whole width. `usual_at` is where the job would usually
    end, in percent; None when that is not known or the job has ended."""

    begun: datetime
    seconds: float
    bars: tuple[Bar, ...]
    usual: float | None
    usual_at: float | None

    @property
    def parts(self) -> list[Part]:
        """How the time was spent."""
        spent = {kind: sum(bar.seconds for bar in self.bars if bar.kind == kind) for kind in KINDS}
        total = sum(spent.values())
        return [
            Part(kind, KINDS[kind], seconds, round(100 * seconds / total))
            for kind, seconds in spent.items()
            if seconds and total
        ]

    @property
    def agent_percent(self) -> int | None:
        """The agent's share of the time that steps took; None before it began."""
        return next((part.percent for part in self.parts if part.kind == "agent"), None)


def chart(
    steps: Sequence[Step],
    *,
    begun: datetime,
    now: datetime,
    attempt_began: datetime | None = None,
    usual: float | None = None,
) -> Chart:
    """The bars of an attempt's steps from `begun` to `now`, or to where it would usually end.

    `usual` is in seconds from `begun`. What lies before `attempt_began` is one bar, too. Steps that
    ended before `begun` were taken over from another job and have none.
    """
    elapsed = max((now - begun).total_seconds(), 0.0)
    width = max(elapsed, usual or 0.0, 1.0)
    spans = [
        (step, _seconds(begun, step.started_at), _seconds(begun, step.finished_at))
        for step in steps
        if step.finished_at is None or step.finished_at >= begun
    ]
    bars = [
        _bar(step.name, step.round, _kind(step), begin or 0.0, end, elapsed, width)
        for step, begin, end in spans
    ]
    before = _seconds(begun, attempt_began) or 0.0
    if before > 1.0:  # less is the time that a worker takes to begin
        bars.insert(0, _bar("", 1, "earlier", 0.0, before, elapsed, width))
    return Chart(begun, width, tuple(bars), usual, 100 * usual / width if usual else None)


def _kind(step: Step) -> str:
    return _KIND_OF.get(step.name, "prepare")


def _bar(
    name: str, round_: int, kind: str, begin: float, end: float | None, elapsed: float, all_: float
) -> Bar:
    until = elapsed if end is None else end
    seconds = max(until - begin, 0.0)
    wide = min(max(100 * seconds / all_, _LEAST), 100.0)
    x = min(max(100 * begin / all_, 0.0), 100.0 - wide)
    return Bar(name, round_, kind, begin, end, round(x, 2), round(wide, 2), seconds)


def _seconds(begun: datetime, moment: datetime | None) -> float | None:
    return None if moment is None else max((moment - begun) / timedelta(seconds=1), 0.0)
