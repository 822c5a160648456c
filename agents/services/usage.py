"""What agents used, added up for people: by job, project, person and month.

Everything starts from the executions of the viewer's teams and is added up by the database. An
execution belongs to the month that it began in, by the clock of whoever looks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, Sum, Value, When
from django.utils import timezone

from agents.models import Execution, Job
from clusters.models import Project
from credentials.errors import Invalid
from credentials.models import Team, User

MONTHS = 12  # in a row of months
MOST_ROWS = 100  # projects or people on one page

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
_USED = Q(input_tokens__gt=0) | Q(output_tokens__gt=0)
_SUMS = {
    "jobs": Count("job", distinct=True),
    "went_in": Sum("input_tokens"),
    "came_out": Sum("output_tokens"),
    "cached": Sum("cached_tokens"),
    "cache_written": Sum("cache_written_tokens"),
    "cost": Sum("cost_usd"),
    "estimated": Count("id", filter=Q(usage_is_estimated=True) | Q(cost_is_estimated=True)),
    "unpriced": Count("id", filter=_USED & Q(cost_usd=None)),
}


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums. `cost_usd` is None where nothing has a known price.

    `input_tokens` are all that went in, `cached_tokens` and `cache_written_tokens` parts of them.
    `unpriced` is how many attempts used tokens whose price is not known.
    """

    jobs: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_written_tokens: int = 0
    cost_usd: Decimal | None = None
    is_estimated: bool = False
    unpriced: int = 0

    @property
    def tokens(self) -> int:
        """In and out."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, slots=True)
class Share:
    """What one project or person used. `key` is its id; None for nobody."""

    key: int | None
    name: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class Month:
    """What was used in a month, named by its first day."""

    first: date
    totals: Totals


@dataclass(frozen=True, slots=True)
class Line:
    """What one job used with one model in a month."""

    job: int
    title: str
    project: str
    requested_by: str
    runner: str
    model: str
    totals: Totals


def visible(
    user: User, *, team: Team | None = None, project: Project | None = None
) -> QuerySet[Execution]:
    """The executions that this person may see, or a team's or a project's among them."""
    jobs = Job.objects.for_user(user)
    if team is not None:
        jobs = jobs.filter(project__team=team)
    if project is not None:
        jobs = jobs.filter(project=project)
    return Execution.objects.filter(job__in=jobs)


def of_job(job: Job) -> Totals:
    """All attempts at a job together."""
    return total(Execution.objects.filter(job=job))


def total(executions: QuerySet[Execution]) -> Totals:
    """One sum of everything."""
    return _totals(executions.aggregate(**_SUMS))


def during(executions: QuerySet[Execution], month: date) -> QuerySet[Execution]:
    """Those that began in a month, which its first day names."""
    return executions.filter(
        started_at__gte=_moment(month), started_at__lt=_moment(_months_later(month, 1))
    )


def by_project(executions: QuerySet[Execution]) -> list[Share]:
    """What each project used, the most expensive first."""
    rows = _most(executions.values("job__project", "job__project__name"))
    return [Share(row["job__project"], row["job__project__name"], _totals(row)) for row in rows]


def by_person(executions: QuerySet[Execution]) -> list[Share]:
    """What the jobs of each person used, the most expensive first."""
    rows = list(_most(executions.values("job__requested_by")))
    people = User.objects.in_bulk([row["job__requested_by"] for row in rows])
    return [
        Share(
            row["job__requested_by"],
            str(people.get(row["job__requested_by"], "Soulcaster")),
            _totals(row),
        )
        for row in rows
    ]


def by_month(executions: QuerySet[Execution], last: date, *, count: int = MONTHS) -> list[Month]:
    """The newest months up to `last`, oldest first, also those in which nothing was used."""
    months = [_months_later(last, -back) for back in reversed(range(count))]
    ends = [_moment(_months_later(month, 1)) for month in months]
    # By comparing: to cut every single date is what SQLite would do in Python.
    place = Case(*(When(started_at__lt=end, then=Value(n)) for n, end in enumerate(ends)))
    rows = (
        executions.filter(started_at__gte=_moment(months[0]), started_at__lt=ends[-1])
        .annotate(place=place)
        .values("place")
        .annotate(**_SUMS)
        .order_by()
    )
    found = {row["place"]: _totals(row) for row in rows}
    return [Month(month, found.get(n, Totals())) for n, month in enumerate(months)]


def lines(executions: QuerySet[Execution]) -> Iterator[Line]:
    """What each job used, by model, oldest first."""
    rows = (
        executions.values(
            "job",
            "job__title",
            "job__project__name",
            "job__requested_by__username",
            "job__runner",
            "model",
        )
        .annotate(**_SUMS)
        .order_by("job", "model")
    )
    for row in rows.iterator(chunk_size=500):
        yield Line(
            row["job"],
            row["job__title"],
            row["job__project__name"],
            row["job__requested_by__username"] or "",
            row["job__runner"],
            row["model"],
            _totals(row),
        )


def month_of(text: str) -> date:
    """The month that somebody wrote as 2026-11, this one for ''; raises Invalid."""
    if not text:
        return timezone.localdate().replace(day=1)
    found = _MONTH.fullmatch(text)
    if found is None:
        raise Invalid("month_invalid", "Write a month as year and month, such as 2026-11.")
    return date(int(found[1]), int(found[2]), 1)


def _months_later(month: date, count: int) -> date:
    years, place = divmod(month.month - 1 + count, 12)
    return date(month.year + years, place + 1, 1)


def _moment(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=timezone.get_current_timezone())


def _most(groups: QuerySet[Execution, Any]) -> QuerySet[Execution, Any]:
    dearest = F("cost").desc(nulls_last=True)
    return groups.annotate(**_SUMS).order_by(dearest, F("went_in").desc())[:MOST_ROWS]


def _totals(row: Mapping[str, Any]) -> Totals:
    cost = row["cost"]
    return Totals(
        jobs=row["jobs"],
        input_tokens=row["went_in"] or 0,
        output_tokens=row["came_out"] or 0,
        cached_tokens=row["cached"] or 0,
        cache_written_tokens=row["cache_written"] or 0,
        cost_usd=None if cost is None else Decimal(cost).quantize(Decimal("0.000001")),
        is_estimated=row["estimated"] > 0 or (cost is not None and row["unpriced"] > 0),
        unpriced=row["unpriced"],
    )
