"""Clusters are found by words that begin as typed, and the index follows every change."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection

from clusters.models import Cluster, Project
from clusters.services import search
from credentials.models import Team
from tests.factories import make_cluster, make_project


def _found(text: str, *projects: Project) -> list[int]:
    found = search.matching(text, [project.pk for project in projects])
    assert found is not None
    return sorted(found)


@pytest.mark.parametrize(
    "text",
    [
        "coupon",
        "COUPON",
        "coup",
        "total coupons",
        "wrong tax",
        "ärger",
        "3 5",
        "3.5",
        "'coupon'",
        'tax" OR "x',
        "(total)",
        "e-mail",
    ],
)
def test_words_of_title_and_summary_find_it(project: Project, text: str) -> None:
    cluster = make_cluster(
        project, title="Coupons or total wrong", summary="Tax 3.5 by x, e-mail: Ärger überall"
    )
    make_cluster(project, title="Something else", summary="entirely")
    assert _found(text, project) == [cluster.pk]


@pytest.mark.parametrize("text", ["oupon", "coupon export", "couponss", "!coupon & export", "zzz"])
def test_other_words_do_not(project: Project, text: str) -> None:
    make_cluster(project, title="Coupons or total wrong")
    assert _found(text, project) == []


@pytest.mark.parametrize("text", ["", "   ", "!?", "_", '"', "*", "\\"])
def test_without_a_word_nothing_is_searched(project: Project, text: str) -> None:
    assert search.matching(text, [project.pk]) is None


def test_only_the_given_projects_are_searched(team: Team, project: Project) -> None:
    other = make_project(team, name="other")
    here, there = make_cluster(project, title="coupon"), make_cluster(other, title="coupon")
    assert _found("coupon", project) == [here.pk]
    assert _found("coupon", project, other) == [here.pk, there.pk]
    assert search.matching("coupon", []) == []


def test_changes_are_followed(project: Project) -> None:
    cluster = make_cluster(project, title="coupon", summary="first")
    Cluster.objects.filter(pk=cluster.pk).update(title="export", item_count=3)
    assert _found("coupon", project) == []
    assert _found("export first", project) == [cluster.pk]
    cluster.refresh_from_db()
    cluster.summary = "second"
    cluster.save()
    assert _found("second", project) == [cluster.pk]
    assert _found("first", project) == []
    cluster.delete()
    assert _found("export", project) == []


def test_it_finds_so_many_and_no_more(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "LIMIT", 3)
    for _ in range(5):
        make_cluster(project, title="coupon")
    assert len(_found("coupon", project)) == 3


def test_a_long_text_is_no_obstacle(project: Project) -> None:
    cluster = make_cluster(project, title="coupon", summary="word " * 300_000)
    assert _found("coupon", project) == [cluster.pk]
    assert _found(" ".join(["coupon"] * 5_000), project) == [cluster.pk]


def test_what_a_table_made_anew_loses_comes_back(project: Project) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("Only SQLite makes tables anew.")
    cluster = make_cluster(project, title="coupon")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER clusters_cluster_words_update")
    Cluster.objects.filter(pk=cluster.pk).update(title="export")
    call_command("migrate", verbosity=0)
    assert _found("export", project) == [cluster.pk]
    assert _found("coupon", project) == []
