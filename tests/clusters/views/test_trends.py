from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from clusters.models import Cluster
from clusters.views.trends import Trend, trends
from tests.factories import make_item, make_source


def test_weeks_are_counted_by_when_it_happened(cluster: Cluster) -> None:
    now = timezone.now()
    source = make_source(cluster.project)
    for days in (1, 6, 8, 13, 20):
        make_item(source, cluster=cluster, occurred_at=now - timedelta(days=days))
    make_item(source, cluster=cluster, occurred_at=None)  # counts when it came in: now
    found = trends([cluster.pk], now + timedelta(seconds=1))[cluster.pk]
    assert found == Trend(week=3, before=2)
    assert found.rising


def test_a_quiet_cluster_has_no_words(cluster: Cluster) -> None:
    assert trends([cluster.pk])[cluster.pk].text == ""
