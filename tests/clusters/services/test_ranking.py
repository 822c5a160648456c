from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from clusters.models import Cluster, FeedbackComment, FeedbackItem, Project, Source
from clusters.ranking.impact import HALF_LIFE
from clusters.services import ranking
from clusters.services.clusters import refresh
from tests import factories


@pytest.fixture
def source(project: Project) -> Source:
    return factories.make_source(project)


@pytest.fixture
def cluster(project: Project) -> Cluster:
    return factories.make_cluster(project)


def ranked(cluster: Cluster) -> Cluster:
    refresh(cluster)
    cluster.refresh_from_db()
    return cluster


def value(cluster: Cluster, name: str) -> float:
    values = {part["name"]: part["value"] for part in cluster.impact_reasons}
    return float(values.get(name, 0.0))


def test_a_cluster_is_ranked_with_the_reasons(cluster: Cluster, source: Source) -> None:
    for author in ("Ada", "Bob"):
        factories.make_item(source, cluster=cluster, author=author, body="It crashes at checkout.")
    cluster = ranked(cluster)
    assert cluster.severity == "high"
    assert cluster.impact_reasons[0]["text"] == "2 people reported it."
    assert cluster.impact == pytest.approx(sum(part["value"] for part in cluster.impact_reasons))
    assert cluster.actionability_reason
    assert cluster.addressed == {}


def test_one_person_in_two_sources_is_one_person(cluster: Cluster, project: Project) -> None:
    for number, author in enumerate(("ada", "@Ada", "u/ADA")):
        source = factories.make_source(project, name=f"Source {number}")
        factories.make_item(source, cluster=cluster, author=author)
    assert ranked(cluster).impact_reasons[0]["text"] == "1 person reported it."


def test_machines_count_like_reports_without_a_name(cluster: Cluster, source: Source) -> None:
    for author in ("Ada", "renovate[bot]"):
        factories.make_item(source, cluster=cluster, author=author)
    assert (
        "1 person reported it, and there is 1 report" in ranked(cluster).impact_reasons[0]["text"]
    )


def test_who_comments_joins_in_once(cluster: Cluster, source: Source) -> None:
    item = factories.make_item(source, cluster=cluster, author="Ada")
    for number, author in enumerate(("Bob", "bob", "Ada", "ci[bot]")):
        FeedbackComment.objects.create(
            item=item, external_id=str(number), body="Same", author=author
        )
    parts = {part["name"]: part["text"] for part in ranked(cluster).impact_reasons}
    assert parts["comments"] == "1 more person joined in with comments."


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        ({"reactions": "12"}, "reactions"),
        ({"score": "40"}, "reactions"),
        ({"users": "31"}, "users"),
    ],
)
def test_what_sources_have_counted_counts(
    cluster: Cluster, source: Source, metadata: dict[str, Any], name: str
) -> None:
    factories.make_item(source, cluster=cluster, metadata=metadata)
    assert value(ranked(cluster), name) > 0


@pytest.mark.parametrize("told", ["-3", "many", "1e9", "²", None])
def test_what_no_number_is_counts_nothing(cluster: Cluster, source: Source, told: Any) -> None:
    factories.make_item(source, cluster=cluster, metadata={"reactions": told})
    assert value(ranked(cluster), "reactions") == 0


def test_a_burst_of_reports_is_a_trend_that_passes(cluster: Cluster, source: Source) -> None:
    now = timezone.now()
    long_ago = now - timedelta(days=60)
    factories.make_item(source, cluster=cluster, occurred_at=long_ago)
    for _ in range(5):
        factories.make_item(source, cluster=cluster, occurred_at=now - timedelta(hours=1))
    assert value(ranked(cluster), "trend") > 0
    assert ranking.rescore() == 0

    FeedbackItem.objects.filter(occurred_at__gt=long_ago).update(
        occurred_at=now - timedelta(days=8)
    )
    assert ranking.rescore() == 1
    cluster.refresh_from_db()
    assert value(cluster, "trend") == 0
    assert cluster.impact == pytest.approx(sum(part["value"] for part in cluster.impact_reasons))


def test_clusters_of_before_the_ranking_are_ranked_once(cluster: Cluster, source: Source) -> None:
    factories.make_item(source, cluster=cluster, author="Ada")
    Cluster.objects.filter(pk=cluster.pk).update(item_count=1)
    factories.make_cluster(cluster.project)  # without reports
    assert ranking.rescore() == 1
    cluster.refresh_from_db()
    assert cluster.impact_reasons[0]["text"] == "1 person reported it."
    assert ranking.rescore() == 0


def test_what_is_shown_counts_from_today(cluster: Cluster, source: Source) -> None:
    factories.make_item(
        source,
        cluster=cluster,
        author="Ada",
        title="Sort order is odd",
        body="By name.",
        occurred_at=timezone.now() - HALF_LIFE,
    )
    cluster = ranked(cluster)
    assert ranking.shown(cluster)[-1].value == pytest.approx(-1.0, abs=0.02)
    assert ranking.shown_total(cluster) == pytest.approx(0.0, abs=0.05)


def test_a_cluster_without_reports_has_no_impact(cluster: Cluster) -> None:
    cluster = ranked(cluster)
    assert (cluster.impact, cluster.impact_reasons, cluster.severity) == (0.0, [], "")


def test_a_models_word_on_what_to_do_is_kept(cluster: Cluster, source: Source) -> None:
    item = factories.make_item(source, cluster=cluster)
    Cluster.objects.filter(pk=cluster.pk).update(
        described_by="anthropic:claude",
        summary_quotes=[{"text": "The checkout total is wrong", "item": item.pk}],
        item_count=1,
        actionability="actionable",
        actionability_reason="The place is named.",
    )
    cluster.refresh_from_db()
    assert ranked(cluster).actionability_reason == "The place is named."


def test_nothing_else_of_the_row_is_saved(cluster: Cluster, source: Source) -> None:
    factories.make_item(source, cluster=cluster)
    stale = Cluster.objects.get(pk=cluster.pk)
    Cluster.objects.filter(pk=cluster.pk).update(status=Cluster.Status.FIXING)
    refresh(stale)
    cluster.refresh_from_db()
    assert cluster.status == Cluster.Status.FIXING


@pytest.mark.parametrize("count", [40, 400])
def test_large_clusters_cost_as_many_queries_as_small_ones(
    cluster: Cluster, source: Source, count: int, django_assert_max_num_queries: Any
) -> None:
    FeedbackItem.objects.bulk_create(
        FeedbackItem(
            project=source.project, source=source, cluster=cluster, external_id=str(n),
            title=f"Total is wrong {n}", body="With two coupons.", author=f"person {n}",
        )
        for n in range(count)
    )  # fmt: skip
    refresh(cluster)
    cluster.refresh_from_db()
    with django_assert_max_num_queries(20):
        refresh(cluster)
