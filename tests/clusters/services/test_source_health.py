"""How a source is doing, in a word and in numbers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from clusters.models import Intake, Project, Source, SourceDay
from clusters.services.sources import health as source_health
from tests import factories

NOW = timezone.now()
HOUR = timedelta(hours=1)
ASKED = {"kind": "reddit", "next_sync_at": NOW, "sync_owner": "worker"}


def state_of(project: Project, **fields: Any) -> str:
    source = factories.make_source(project, name="one", **fields)
    return source_health.of(source).state


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, "waiting"),
        ({"last_event_at": NOW}, "receiving"),
        ({"last_event_at": NOW - 15 * 24 * HOUR}, "quiet"),
        ({"last_event_at": NOW, "enabled": False}, "paused"),
        ({"last_error": "No.", "last_error_at": NOW}, "error"),
        ({"last_error": "No.", "last_error_at": NOW, "last_event_at": NOW - HOUR}, "error"),
        ({"last_error": "No.", "last_error_at": NOW - HOUR, "last_event_at": NOW}, "receiving"),
        ({"kind": "webhook", "public_key": "k"}, "unfinished"),
        ({"kind": "webhook", "last_event_at": NOW}, "receiving"),  # a file of such reports
        ({**ASKED, "sync_expires_at": NOW + HOUR}, "syncing"),
        ({**ASKED, "sync_expires_at": NOW - HOUR}, "waiting"),
        ({"kind": "reddit", "synced_at": NOW}, "waiting"),
    ],
)
def test_the_state_is_what_is_true_now(
    project: Project, fields: dict[str, Any], state: str
) -> None:
    assert state_of(project, **fields) == state


def test_a_running_fetch_says_how_far_it_has_come(project: Project) -> None:
    source = factories.make_source(
        project,
        kind="github",
        sync_owner="worker",
        sync_expires_at=NOW + HOUR,
        cursor={"done": 1200, "total": 2000},
    )
    assert source_health.of(source).word == "Syncing 1,200 of 2,000"


@pytest.mark.parametrize("cursor", [{}, {"done": "many"}, {"done": None, "total": 5}])
def test_a_cursor_of_any_shape_is_no_trouble(project: Project, cursor: dict[str, Any]) -> None:
    source = factories.make_source(project, cursor=cursor)
    assert source_health.of(source).progress is None


def test_days_without_anything_are_there_too(project: Project) -> None:
    source = factories.make_source(project)
    today = NOW.date()
    SourceDay.objects.create(source=source, day=today, created=3, refused=1, filtered=2)
    SourceDay.objects.create(source=source, day=today - timedelta(days=13), updated=1)
    SourceDay.objects.create(source=source, day=today - timedelta(days=14), created=99)
    health = source_health.of(source)
    assert [day.total for day in health.days] == [1, *[0] * 12, 6]
    assert health.totals["created"] == 3
    assert (health.days[-1].taken, health.days[-1].left, health.days[-1].lost) == (3, 2, 1)


def test_the_lag_is_that_of_the_oldest_message(project: Project) -> None:
    source = factories.make_source(project)
    for hours in (1, 3, 2):
        Intake.objects.create(source=source, body=b"", received_at=NOW - hours * HOUR)
    Intake.objects.create(source=source, body=b"", received_at=NOW - 9 * HOUR, state="done")
    health = source_health.of(source)
    assert health.waiting == 3
    assert health.lag is not None
    assert 3 * HOUR <= health.lag < 4 * HOUR


def test_a_source_that_should_have_been_asked_lags(project: Project) -> None:
    late = factories.make_source(project, kind="reddit", next_sync_at=NOW - HOUR)
    lag = source_health.of(late).lag
    assert lag is not None
    assert lag >= HOUR
    late.next_sync_at = NOW + HOUR
    assert source_health.of(late).lag is None


@pytest.mark.django_db
def test_many_cost_as_many_queries_as_one(project: Project, django_assert_num_queries: Any) -> None:
    found = [factories.make_source(project, name=f"{n}") for n in range(5)]
    with django_assert_num_queries(2):
        states = source_health.of_all(found)
    assert set(states) == {source.pk for source in found}
    assert isinstance(found[0], Source)
