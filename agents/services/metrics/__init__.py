"""How the work on feedback goes, in numbers, for projects of the viewer.

Nothing here reads reports one by one: everything comes from what is counted as it happens, from
the newest rows along an index, or from small tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.services.metrics.flow import (
    Corrections,
    Flow,
    changes_of,
    corrections_of,
    flow_of,
)
from agents.services.metrics.intake import SourceLine, Waiting, lines_of, waiting_in
from agents.services.metrics.plans import Planned, planned_in
from agents.services.metrics.times import Times, spread_of, times_of
from agents.services.metrics.weeks import RANGES, Span

__all__ = ["RANGES", "Metrics", "Span", "gather", "part_kept", "spread_of"]


@dataclass(frozen=True, slots=True)
class Metrics:
    """Everything that the page shows."""

    span: Span
    flow: Flow
    times: Times
    corrections: Corrections
    reports: Sequence[int]  # new ones in each week
    waiting: Waiting
    sources: Sequence[SourceLine]
    planned: Planned

    @property
    def kept(self) -> float | None:
        """The part of the reports of these weeks that people left where grouping put them."""
        return part_kept(sum(self.reports), sum(self.corrections.taken_out))

    @property
    def corrected(self) -> float | None:
        """Corrections for each hundred reports."""
        reports = sum(self.reports)
        return 100 * sum(self.corrections.all) / reports if reports else None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell yet."""
        return not (
            self.sources or sum(self.flow.opened) or sum(self.flow.resolved) or self.times.points
        )


def part_kept(reports: int, taken_out: int) -> float | None:
    """From 0 to 1; None without reports."""
    return max(0.0, 1 - taken_out / reports) if reports else None


def gather(project_ids: Sequence[int], span: Span) -> Metrics:
    """The numbers of these projects; the caller has seen to it that they may be seen."""
    changes = changes_of(project_ids, span)
    lines = lines_of(project_ids, span)
    return Metrics(
        span=span,
        flow=flow_of(project_ids, span, changes),
        times=times_of(project_ids, span),
        corrections=corrections_of(changes, span),
        reports=[sum(week) for week in zip(*(line.weeks for line in lines), strict=True)]
        or [0] * len(span.mondays),
        waiting=waiting_in(project_ids),
        sources=lines,
        planned=planned_in(project_ids, span),
    )
