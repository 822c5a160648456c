from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from clusters.models import Source, SourceDay
from clusters.services.sources import days as source_days
from credentials.models import Team
from tests import factories
from tests.clusters.services.together import together


@pytest.fixture
def source(team: Team) -> Source:
    return factories.make_source(factories.make_project(team))


def test_numbers_add_up_by_day(source: Source) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    before = SourceDay.objects.create(source=source, day=yesterday, created=7)
    source_days.count(source.pk, created=2, refused=1)
    source_days.count(source.pk, created=1, limited=5)
    today = SourceDay.objects.exclude(pk=before.pk).get()
    assert (today.created, today.refused, today.limited, today.updated) == (3, 1, 5, 0)
    before.refresh_from_db()
    assert before.created == 7


def test_nothing_is_not_written(
    source: Source, django_assert_num_queries: Callable[[int], Any]
) -> None:
    with django_assert_num_queries(0):
        source_days.count(source.pk, created=0)


def test_usually_it_is_one_statement(
    source: Source, django_assert_num_queries: Callable[[int], Any]
) -> None:
    source_days.count(source.pk, created=1)
    with django_assert_num_queries(1):
        source_days.count(source.pk, created=1, updated=1)


def test_what_is_no_count_is_a_mistake(source: Source) -> None:
    with pytest.raises(TypeError, match="creatd"):
        source_days.count(source.pk, creatd=1)


@pytest.mark.django_db(transaction=True)
def test_everybody_counts_at_once_and_nothing_is_lost(source: Source) -> None:
    together([partial(_count, source.pk)] * 4)
    assert SourceDay.objects.get().created == 40


def _count(source_id: int) -> None:
    for _ in range(10):
        source_days.count(source_id, created=1)


def test_a_number_ends_where_its_column_does(source: Source) -> None:
    for _ in range(2):
        source_days.count(source.pk, limited=2**31 - 5, created=1)
    source_days.count(source.pk, limited=2**40)
    today = SourceDay.objects.get()
    assert (today.limited, today.created) == (2**31 - 1, 2)
