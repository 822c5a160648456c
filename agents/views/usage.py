"""What the agents of the viewer's teams used, by month, project and person."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from agents.models import Execution
from agents.services import usage as service
from agents.services.usage import Line, Month, Share, Totals
from agents.views.csv_files import Echo, harmless
from clusters.models import Project
from credentials.errors import Invalid
from credentials.models import Team
from credentials.views.helpers import signed_in, typed

COLUMNS = (
    "month",
    "project",
    "job",
    "title",
    "requested_by",
    "runner",
    "model",
    "input_tokens",
    "of_these_cached",
    "output_tokens",
    "cost_usd",
    "estimated",
)


@dataclass(frozen=True, slots=True)
class Bar:
    """A share with the length of its bar, 0 to 100."""

    share: Share
    length: int


@dataclass(frozen=True, slots=True)
class Column:
    """A month with the height of its column, 0 to 100."""

    month: Month
    height: int
    current: bool

    @property
    def top(self) -> int:
        """Where it begins, from above."""
        return 100 - self.height


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose usage is looked at, and in which month."""

    executions: QuerySet[Execution]
    month: date
    team: Team | None
    project: Project | None

    @property
    def of_month(self) -> QuerySet[Execution]:
        """The month's alone."""
        return service.during(self.executions, self.month)


@require_safe
def usage(request: HttpRequest) -> HttpResponse:
    """A month in numbers, and the year that led to it."""
    scope = _scope(request)
    today = timezone.localdate().replace(day=1)
    months = service.by_month(scope.executions, max(today, scope.month))
    total = service.total(scope.of_month)
    by_cost = any(month.totals.cost_usd for month in months)
    teams = Team.objects.filter(memberships__user=signed_in(request)).order_by("-personal", "name")
    context = {
        "section": "usage",
        "project": scope.project,
        "team": scope.team,
        "teams": teams,
        "month": scope.month,
        "months": [month.first for month in reversed(months)],
        "total": total,
        "columns": _columns(months, scope.month, by_cost=by_cost),
        "by_cost": by_cost,
        "tables": [
            ("Project", _bars(service.by_project(scope.of_month))),
            ("Person", _bars(service.by_person(scope.of_month))),
        ],
        "empty": not total.jobs and not scope.executions.exists(),
    }
    return render(request, "agents/usage.html", context)


@require_safe
def usage_csv(request: HttpRequest) -> StreamingHttpResponse:
    """A line for each job and model of a month."""
    scope = _scope(request)
    lines = service.lines(scope.of_month)
    response = StreamingHttpResponse(
        _written(lines, scope.month), content_type="text/csv; charset=utf-8"
    )
    name = f"usage-{scope.month:%Y-%m}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _scope(request: HttpRequest) -> Scope:
    """As the address says; 404 for a team or a project that is not the viewer's."""
    user = signed_in(request)
    team = project = None
    if wanted := typed(request, "project"):
        project = get_object_or_404(Project.objects.for_user(user), pk=_number(wanted))
    if wanted := typed(request, "team"):
        mine = Team.objects.filter(memberships__user=user)
        team = get_object_or_404(mine, pk=_number(wanted))
    try:
        month = service.month_of(typed(request, "month"))
    except Invalid:
        month = service.month_of("")
    return Scope(service.visible(user, team=team, project=project), month, team, project)


def _number(text: str) -> int:
    """0, which no row has, for what is no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _columns(months: list[Month], shown: date, *, by_cost: bool) -> list[Column]:
    sizes = [_size(month.totals, by_cost=by_cost) for month in months]
    most = max(sizes, default=Decimal(0))
    return [
        Column(month, _part(size, most), month.first == shown)
        for month, size in zip(months, sizes, strict=True)
    ]


def _bars(shares: list[Share]) -> list[Bar]:
    by_cost = any(share.totals.cost_usd for share in shares)
    sizes = [_size(share.totals, by_cost=by_cost) for share in shares]
    most = max(sizes, default=Decimal(0))
    return [Bar(share, _part(size, most)) for share, size in zip(shares, sizes, strict=True)]


def _size(totals: Totals, *, by_cost: bool) -> Decimal:
    return totals.cost_usd or Decimal(0) if by_cost else Decimal(totals.tokens)


def _part(size: Decimal, most: Decimal) -> int:
    """Whole percent; what is there is never invisible."""
    return max(1, round(100 * size / most)) if size else 0


def _written(lines: Iterator[Line], month: date) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield writer.writerow(COLUMNS)
    for line in lines:
        yield writer.writerow([harmless(value) for value in _values(line, month)])


def _values(line: Line, month: date) -> list[Any]:
    totals = line.totals
    return [
        f"{month:%Y-%m}",
        line.project,
        line.job,
        line.title,
        line.requested_by,
        line.runner,
        line.model,
        totals.input_tokens,
        totals.cached_tokens,
        totals.output_tokens,
        "" if totals.cost_usd is None else totals.cost_usd,
        "yes" if totals.is_estimated else "no",
    ]
