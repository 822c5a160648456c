from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from clusters.models import Cluster, Project
from clusters.services.ranking import tally as module
from clusters.services.ranking.tally import tally
from tests import factories


@pytest.fixture
def cluster(project: Project) -> Cluster:
    cluster = factories.make_cluster(project)
    now = timezone.now()
    for number, author in enumerate(("Ada", "@ada", "", "", "ci[bot]", "Bob", "Bob")):
        source = factories.make_source(project, name=f"Source {number}")
        at = now - timedelta(days=6 * number)
        factories.make_item(source, cluster=cluster, author=author, occurred_at=at)
    return cluster


def test_it_says_who_and_since_when(cluster: Cluster) -> None:
    found = tally(cluster)
    assert (found.count, len(found.sources), found.names, found.nameless) == (7, 7, 4, 2)
    assert (set(found.people), found.machines) == ({"ada", "bob"}, 1)
    assert (found.week, found.before) == (2, 4)
    assert found.usual == pytest.approx(1.0)
    assert found.first
    assert found.last
    assert found.last - found.first == timedelta(days=36)


def test_large_clusters_add_up_to_the_same(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = tally(cluster)
    monkeypatch.setattr(module, "SMALL", 3)
    assert tally(cluster) == replace(small, ids=None)


def test_names_beyond_those_that_are_compared_are_people_of_their_own(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SMALL", 3)
    monkeypatch.setattr(module, "NAMES", 2)
    found = tally(cluster)
    assert found.others == 2


def test_a_young_cluster_has_no_usual_week(project: Project) -> None:
    cluster = factories.make_cluster(project)
    factories.make_item(factories.make_source(project), cluster=cluster)
    assert tally(cluster).usual is None


def test_an_empty_cluster_adds_up_to_nothing(project: Project) -> None:
    found = tally(factories.make_cluster(project))
    assert (found.count, found.first, found.last, found.usual) == (0, None, None, None)
