"""Sums of usage: by job, project, person and month, for nobody but the team."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Execution, Job
from agents.services import usage
from clusters.models import Project
from credentials.errors import Invalid
from credentials.models import Team, User
from tests import factories

NOVEMBER = date(2026, 11, 1)


def used(
    project: Project, *, by: User | None = None, month: int = 11, cost: str | None = "1.00"
) -> Execution:
    """A job with one attempt in a month of 2026: 100 tokens in, 10 out."""
    job = factories.make_job(project, requested_by=by, status=Job.Status.COMPLETED)
    return factories.make_execution(
        job,
        input_tokens=100,
        output_tokens=10,
        cost_usd=None if cost is None else Decimal(cost),
        started_at=datetime(2026, month, 15, tzinfo=UTC),
        model="gpt-5",
    )


def test_the_attempts_at_a_job_add_up(project: Project) -> None:
    job = used(project).job
    factories.make_execution(job, input_tokens=1, cached_tokens=1, cost_usd=Decimal("0.5"))
    found = usage.of_job(job)
    assert (found.jobs, found.input_tokens, found.output_tokens) == (1, 101, 10)
    assert (found.cached_tokens, found.tokens, found.cost_usd) == (1, 111, Decimal("1.5"))
    assert not found.is_estimated


def test_a_job_that_used_nothing_has_no_cost(project: Project) -> None:
    assert usage.of_job(factories.make_job(project)) == usage.Totals()


def test_one_attempt_without_a_price_makes_the_sum_an_estimate(project: Project) -> None:
    job = used(project).job
    factories.make_execution(job, input_tokens=1)
    found = usage.of_job(job)
    assert (found.cost_usd, found.is_estimated, found.unpriced) == (Decimal(1), True, 1)


def test_projects_and_people_come_with_the_most_expensive_first(
    team: Team, project: Project, alice: User, bob: User
) -> None:
    other = factories.make_project(team, name="other")
    used(project, by=alice, cost="1")
    used(other, by=bob, cost="3")
    used(other, by=None, cost=None)
    seen = usage.visible(alice)
    assert [(each.name, each.totals.cost_usd) for each in usage.by_project(seen)] == [
        ("other", Decimal(3)),
        ("tillwork", Decimal(1)),
    ]
    assert [each.name for each in usage.by_person(seen)] == ["bob", "Alice Archer", "Soulcaster"]
    assert usage.total(seen).jobs == 3


def test_a_month_is_from_its_first_to_its_last_moment(project: Project, alice: User) -> None:
    at = [
        datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 12, 1, tzinfo=UTC),
    ]
    for moment in at:
        factories.make_execution(factories.make_job(project), input_tokens=1, started_at=moment)
    assert usage.total(usage.during(usage.visible(alice), NOVEMBER)).input_tokens == 2


def test_a_month_begins_by_the_clock_of_who_looks(project: Project, alice: User) -> None:
    late = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    factories.make_execution(factories.make_job(project), input_tokens=1, started_at=late)
    with timezone.override("Europe/Paris"):
        assert usage.total(usage.during(usage.visible(alice), NOVEMBER)).input_tokens == 1
        assert usage.by_month(usage.visible(alice), NOVEMBER)[-1].totals.input_tokens == 1


def test_a_year_shows_its_empty_months_too(project: Project, alice: User) -> None:
    used(project, month=11)
    used(project, month=9)
    used(project, month=12)
    months = usage.by_month(usage.visible(alice), NOVEMBER)
    assert [month.first for month in months] == [
        date(2025, 12, 1),
        *(date(2026, number, 1) for number in range(1, 12)),
    ]
    assert [month.totals.jobs for month in months] == [0] * 9 + [1, 0, 1]


def test_a_line_for_each_job_and_model(project: Project, alice: User) -> None:
    first = used(project, by=alice).job
    factories.make_execution(first, input_tokens=5, model="small")
    second = used(project).job
    lines = list(usage.lines(usage.visible(alice)))
    assert [(line.job, line.model, line.totals.input_tokens) for line in lines] == [
        (first.pk, "gpt-5", 100),
        (first.pk, "small", 5),
        (second.pk, "gpt-5", 100),
    ]
    assert [line.requested_by for line in lines] == ["alice", "alice", ""]


def test_nobody_sees_another_team_s(project: Project, mallory: User, carol: User) -> None:
    used(project)
    assert usage.total(usage.visible(carol)).jobs == 1
    assert usage.total(usage.visible(mallory)) == usage.Totals()
    assert usage.total(usage.visible(mallory, project=project)) == usage.Totals()
    assert usage.total(usage.visible(mallory, team=project.team)) == usage.Totals()


def test_many_rows_take_as_many_queries_as_few(team: Team, alice: User) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            seen = usage.visible(alice)
            usage.total(seen)
            usage.by_project(seen)
            usage.by_person(seen)
            usage.by_month(seen, NOVEMBER)
        return len(queries)

    used(factories.make_project(team, name="first"), by=alice)
    few = asked()
    for number in range(5):
        person = factories.make_user(f"person-{number}")
        used(factories.make_project(team, name=f"project {number}"), by=person)
    assert asked() == few == 5


@pytest.mark.parametrize("text", ["2026-11", "2026-01"])
def test_a_month_is_written_as_year_and_month(text: str) -> None:
    assert usage.month_of(text).isoformat() == f"{text}-01"


@pytest.mark.parametrize(
    "text", ["2026", "2026-13", "2026-00", "1999-12", "november", "2026-11-01"]
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="such as 2026-11"):
        usage.month_of(text)
