from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from agents.views import activity
from clusters.models import Cluster
from credentials.models import User
from credentials.services import audit


def test_only_the_newest_events_are_read(
    alice: User,
    cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    monkeypatch.setattr(activity, "SHOWN", 2)
    for number in (1, 2, 3):
        audit.record(
            actor=alice,
            team=cluster.project.team,
            verb="plan.edited",
            target=cluster,
            version=number,
        )
    with django_assert_num_queries(1) as asked:
        shown = activity.happenings(audit.of(cluster))
    assert [line.sentence for line in shown] == [
        "edited the plan: version 3",
        "edited the plan: version 2",
    ]
    assert "LIMIT 2" in asked.captured_queries[0]["sql"]
