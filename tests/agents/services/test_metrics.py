"""The numbers behind the metrics page."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.models import PullRequest
from agents.services import metrics
from agents.services.metrics import Metrics, Span
from agents.services.metrics.times import spread_of
from clusters.models import Cluster, ClusterChange, FeedbackItem, Plan, Project, Source, SourceDay
from credentials.models import User
from tests import factories

FRIDAY = date(2026, 11, 20)


@pytest.fixture
def span() -> Span:
    return Span.of(4)


def on(span: Span, week: int, hours: float = 30) -> datetime:
    """A moment of a week, oldest first."""
    return span.begin + timedelta(weeks=week, hours=hours)


def gathered(project: Project, span: Span) -> Metrics:
    return metrics.gather([project.pk], span)


def pull(cluster: Cluster, **fields: Any) -> PullRequest:
    number = PullRequest.objects.count() + 1
    return PullRequest.objects.create(
        project=cluster.project, cluster=cluster, number=number, title="Fix", branch="b", **fields
    )


def change(project: Project, kind: str, at: datetime, count: int = 0, **fields: Any) -> None:
    after = {"facts": {"count": count}}
    ClusterChange.objects.create(
        project=project, kind=kind, made_at=at, before={}, after=after, **fields
    )


def test_weeks_begin_on_mondays_and_end_with_this_one() -> None:
    span = Span.of(3, FRIDAY)
    assert span.mondays == (date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16))
    assert span.days == (date(2026, 11, 2), date(2026, 11, 22))
    assert [span.place_of_day(date(2026, 11, day)) for day in (1, 2, 15, 22, 23)] == [
        None, 0, 1, 2, None,
    ]  # fmt: skip


def test_clusters_come_and_go_week_by_week(project: Project, span: Span) -> None:
    factories.make_cluster(project, created_at=on(span, 0) - timedelta(days=90))
    factories.make_cluster(project, created_at=on(span, 0))
    for _ in range(2):
        factories.make_cluster(
            project, created_at=on(span, 1), status="resolved", resolved_at=on(span, 2)
        )
    change(project, "dismiss", on(span, 3))
    change(project, "dismiss", on(span, 3), count=30)
    change(project, "merge", on(span, 3), count=3)
    flow = gathered(project, span).flow
    assert flow.opened == [1, 2, 0, 0]
    assert flow.resolved == [0, 0, 2, 0]
    assert flow.dismissed == [0, 0, 0, 31]
    assert flow.merged == [0, 0, 0, 2]


def test_a_cluster_that_undoing_made_again_hides_no_newer_ones(
    project: Project, span: Span
) -> None:
    factories.make_cluster(project, created_at=on(span, 1))
    factories.make_cluster(project, created_at=on(span, 0) - timedelta(days=90))
    assert gathered(project, span).flow.opened == [0, 1, 0, 0]


def test_corrections_tell_how_precise_grouping_is(project: Project, span: Span) -> None:
    source = factories.make_source(project)
    SourceDay.objects.create(source=source, day=span.mondays[1], created=200)
    change(project, "split", on(span, 1), count=3)
    change(project, "move", on(span, 2), count=1)
    change(project, "merge", on(span, 2), count=2)
    change(project, "split", on(span, 2), count=50, undone_at=timezone.now())
    found = gathered(project, span)
    assert found.reports == [0, 200, 0, 0]
    assert found.corrections.taken_out == [0, 3, 1, 0]
    assert found.corrections.all == [0, 1, 2, 0]
    assert found.kept == pytest.approx(0.98)
    assert found.corrected == pytest.approx(1.5)


def test_without_reports_there_is_no_precision(project: Project, span: Span) -> None:
    found = gathered(project, span)
    assert (found.kept, found.corrected, found.is_empty) == (None, None, True)


def test_times_run_from_the_first_report(project: Project, span: Span) -> None:
    for hours in (10, 20, 30):
        cluster = factories.make_cluster(project, first_seen=on(span, 1, 0))
        pull(cluster, created_at=on(span, 1, hours), merged_at=on(span, 1, 2 * hours), state="merged")  # fmt: skip
    old = factories.make_cluster(project, first_seen=span.begin - timedelta(days=9))
    pull(old, created_at=span.begin - timedelta(days=8))
    times = gathered(project, span).times
    assert times.to_pull
    assert times.to_merge
    assert times.to_pull.median == timedelta(hours=20)
    assert (times.to_pull.low, times.to_pull.high) == (timedelta(hours=15), timedelta(hours=25))
    assert (times.to_merge.median, times.to_merge.count) == (timedelta(hours=40), 3)
    assert len(times.points) == 6
    assert [point.at for point in times.points] == sorted(point.at for point in times.points)


def test_one_duration_is_its_own_spread() -> None:
    hour = timedelta(hours=1)
    found = spread_of([hour])
    assert found
    assert (found.median, found.low, found.high, found.count) == (hour, hour, hour, 1)
    assert spread_of([]) is None


def test_sources_tell_what_they_brought(project: Project, span: Span) -> None:
    quiet = factories.make_source(project, name="Mail", kind=Source.Kind.EMAIL)
    busy = factories.make_source(project, name="SDK", kind=Source.Kind.SDK)
    SourceDay.objects.create(source=quiet, day=span.mondays[0], created=1, refused=2, limited=3)
    SourceDay.objects.create(source=busy, day=span.mondays[2], created=9, updated=4)
    SourceDay.objects.create(source=busy, day=span.mondays[0] - timedelta(days=1), created=500)
    first, second = gathered(project, span).sources
    assert (first.source, list(first.weeks), first.totals["updated"]) == (busy, [0, 0, 9, 0], 4)
    assert (second.source, list(second.weeks), second.refused) == (quiet, [1, 0, 0, 0], 5)


def test_what_waits_is_counted_with_the_oldest(project: Project, span: Span) -> None:
    source = factories.make_source(project)
    long_ago = timezone.now() - timedelta(hours=5)
    factories.make_item(source, received_at=long_ago)
    factories.make_item(source)
    waiting = gathered(project, span).waiting
    assert (waiting.count, waiting.oldest, waiting.total) == (2, long_ago, "2")


def test_how_fast_grouping_is_comes_from_new_clusters(project: Project, span: Span) -> None:
    source = factories.make_source(project)
    now = timezone.now()
    for seconds in (2, 4, 600):
        cluster = factories.make_cluster(project, item_count=1, created_at=now)
        factories.make_item(source, cluster=cluster, received_at=now - timedelta(seconds=seconds))
    assert gathered(project, span).waiting.usual == timedelta(seconds=4)


def test_what_became_of_plans(project: Project, alice: User, span: Span) -> None:
    approved, rejected, drafted = (factories.make_cluster(project) for _ in range(3))
    for _ in range(2):
        factories.make_plan(approved, approved_by=alice)
    bad = factories.make_plan(rejected)
    Plan.objects.filter(pk=bad.pk).update(rejected_at=timezone.now())
    factories.make_plan(drafted)
    pull(approved, state="merged", verified=True, merged_at=timezone.now())
    pull(factories.make_cluster(project))  # of no plan of these weeks
    planned = gathered(project, span).planned
    assert (planned.planned, planned.approved, planned.rejected) == (3, 1, 1)
    assert (planned.opened, planned.verified, planned.merged) == (1, 1, 1)


def test_other_projects_count_nothing(project: Project, alice: User, span: Span) -> None:
    other = factories.make_project(project.team, name="other")
    cluster = factories.make_cluster(other, first_seen=on(span, 1, 0))
    pull(cluster, created_at=on(span, 1))
    factories.make_plan(cluster, approved_by=alice)
    change(other, "split", on(span, 1), count=3)
    factories.make_item(factories.make_source(other))
    found = gathered(project, span)
    assert found.is_empty
    assert found.waiting.count == 0
    assert found.planned.planned == 0
    assert sum(found.corrections.all) == 0


def test_more_rows_cost_no_more_queries(
    project: Project, alice: User, span: Span, django_assert_max_num_queries: Any
) -> None:
    source = factories.make_source(project)
    for number in range(30):
        cluster = factories.make_cluster(project, item_count=1, first_seen=on(span, 1, 0))
        factories.make_plan(cluster, approved_by=alice)
        pull(cluster, created_at=on(span, 1))
        change(project, "split", on(span, 1), count=number)
        factories.make_item(source, cluster=cluster)
        SourceDay.objects.create(source=source, day=date(2020, 1, 1) + timedelta(days=number))
    assert FeedbackItem.objects.count() == 30
    with django_assert_max_num_queries(22):
        gathered(project, span)
