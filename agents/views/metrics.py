"""How the work on feedback goes: charts with the numbers behind them, and a file of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from agents.services import metrics as service
from agents.services.metrics import Metrics, Span, part_kept
from agents.views import charts
from agents.views.csv_files import Echo, harmless
from clusters.models import Project
from credentials.views.helpers import signed_in, typed

WEEKS = 12
PROJECTS = 100  # of which the numbers are added up


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan's way, with the length of its bar (0 to 100) and its part of the first."""

    name: str
    count: int
    length: int


@dataclass(frozen=True, slots=True)
class Scope:
    """Which projects, one of them alone or all, and which weeks."""

    projects: Sequence[Project]
    project: Project | None
    span: Span

    @property
    def ids(self) -> list[int]:
        """The projects' ids."""
        return [project.pk for project in self.projects]


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The numbers of a project or of all, for 4, 12 or 52 weeks."""
    scope = _scope(request)
    found = service.gather(scope.ids, scope.span)
    context: dict[str, Any] = {
        "section": "metrics",
        "project": scope.project,
        "weeks": len(scope.span.mondays),
        "ranges": service.RANGES,
        "found": found,
        "has_projects": bool(scope.projects),
        "several": len(scope.projects) > 1,
    }
    if not found.is_empty:
        context |= _charts(found)
    return render(request, "agents/metrics.html", context)


@require_safe
def metrics_csv(request: HttpRequest) -> StreamingHttpResponse:
    """A line for each week, or with `of=sources` for each source."""
    scope = _scope(request)
    found = service.gather(scope.ids, scope.span)
    of = "sources" if typed(request, "of") == "sources" else "weeks"
    rows = source_rows(found) if of == "sources" else week_rows(found)
    response = StreamingHttpResponse(_written(rows), content_type="text/csv; charset=utf-8")
    name = f"metrics-{of}-{scope.span.mondays[-1]:%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def span_of(text: str) -> Span:
    """The weeks that an address names; twelve for anything else."""
    known = {str(weeks): weeks for weeks in service.RANGES}
    return Span.of(known.get(text, WEEKS))


def _scope(request: HttpRequest) -> Scope:
    """As the address says; 404 for a project that is not the viewer's."""
    user, project = signed_in(request), None
    mine = Project.objects.for_user(user).filter(archived_at=None)
    if wanted := typed(request, "project"):
        number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else 0
        project = get_object_or_404(Project.objects.for_user(user), pk=number)
    projects = [project] if project else list(mine.order_by("-id")[:PROJECTS])
    return Scope(projects, project, span_of(typed(request, "weeks")))


def _charts(found: Metrics) -> dict[str, Any]:
    span, flow = found.span, found.flow
    down = [
        ("good", "resolved", flow.resolved),
        ("dismissed", "dismissed", flow.dismissed),
        ("merged", "merged into others", flow.merged),
    ]
    points = found.times.points
    medians = [("pull", found.times.to_pull), ("merge", found.times.to_merge)]
    return {
        "flow_chart": charts.columns(span, [("opened", "opened", flow.opened)], down),
        "flow_totals": {name: sum(getattr(flow, name)) for name in ("opened", "resolved", "dismissed", "merged")},
        "times_chart": charts.scatter(span, points, medians) if points else None,
        "kept_chart": charts.columns(span, [("good", "stayed", kept_by_week(found))], unit=" %"),
        "reports_chart": charts.columns(span, [("opened", "new reports", found.reports)]),
        "sources": [(line, charts.spark(line.weeks)) for line in found.sources],
        "steps": _steps(found),
        "rows": list(reversed(week_rows(found)[1:])),
        "corrections": sum(found.corrections.all),
        "taken_out": sum(found.corrections.taken_out),
        "reports": sum(found.reports),
        "kept_percent": None if found.kept is None else 100 * found.kept,
    }  # fmt: skip


def _steps(found: Metrics) -> list[Step]:
    planned = found.planned
    steps = [
        ("Planned", planned.planned),
        ("Approved", planned.approved),
        ("Rejected", planned.rejected),
        ("Pull request", planned.opened),
        ("Verified", planned.verified),
        ("Merged", planned.merged),
    ]
    most = max(count for _, count in steps) or 1
    return [Step(name, count, round(100 * count / most)) for name, count in steps]


def kept_by_week(found: Metrics) -> list[float]:
    """Percent of a week's reports that nobody took out in that week; 0 for a week without any."""
    pairs = zip(found.reports, found.corrections.taken_out, strict=True)
    return [100 * (part_kept(reports, taken) or 0.0) for reports, taken in pairs]


def week_rows(found: Metrics) -> list[list[Any]]:
    """The header and a row for each week, oldest first."""
    flow, changed = found.flow, found.corrections
    header = [
        "week", "opened", "resolved", "dismissed", "merged_away", "reports", "taken_out",
        "merges", "splits", "moves", "pull_requests", "merged", "median_hours_to_pull_request",
        "median_hours_to_merge",
    ]  # fmt: skip
    counted = zip(
        flow.opened, flow.resolved, flow.dismissed, flow.merged, found.reports, changed.taken_out,
        changed.merges, changed.splits, changed.moves, _times_by_week(found), strict=True,
    )  # fmt: skip
    rows = [
        [monday.isoformat(), *numbers[:-1], *numbers[-1]]
        for monday, numbers in zip(found.span.mondays, counted, strict=True)
    ]
    return [header, *rows]


def _times_by_week(found: Metrics) -> list[list[Any]]:
    """Pull requests, merges, and the middle hours to each ('' for none), week by week."""
    rows = []
    for place in range(len(found.span.mondays)):
        here = [point for point in found.times.points if found.span.place(point.at) == place]
        pulls, merges = (
            [point.took for point in here if point.merged is one] for one in (False, True)
        )
        rows.append([len(pulls), len(merges), _hours(pulls), _hours(merges)])  # fmt: skip
    return rows


def _hours(durations: Sequence[Any]) -> float | str:
    spread = service.spread_of(durations)
    return round(spread.median.total_seconds() / 3600, 1) if spread else ""


def source_rows(found: Metrics) -> list[list[Any]]:
    """The header and a row for each source."""
    names = list(found.sources[0].totals) if found.sources else []
    rows = [
        [line.source.project.name, line.source.name, line.source.kind, line.health.state,
         line.source.last_event_at.isoformat() if line.source.last_event_at else "",
         *line.totals.values()]
        for line in found.sources
    ]  # fmt: skip
    return [["project", "source", "kind", "state", "last_event", *names], *rows]


def _written(rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(Echo())
    for row in rows:
        yield writer.writerow([harmless(value) for value in row])
