"""Waiting reports get clusters, each with its reason, whoever else works at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import count

import pytest
from django.db import connection
from django.utils import timezone

from clusters.models import Cluster, FeedbackComment, FeedbackItem, Project, Source
from clusters.services import grouping
from clusters.services.grouping import indexes, placing, waiting
from clusters.services.grouping.placing import Placement
from tests import factories
from tests.clusters.grouping.reports import REPORTS

_number = count(1)

TRACE = """Traceback (most recent call last):
  File "/srv/{root}/shop/cart.py", line {line}, in total
    return self.sum()
ValueError: {line}
"""


@pytest.fixture
def source(project: Project) -> Source:
    return factories.make_source(project, kind=Source.Kind.MANUAL, name="Written here")


def said(source: Source, title: str, body: str = "", **fields: object) -> FeedbackItem:
    return FeedbackItem.objects.create(
        project=source.project,
        source=source,
        external_id=f"id-{next(_number)}",
        title=title,
        body=body,
        **fields,
    )


def grouped(source: Source, title: str, body: str = "", **fields: object) -> FeedbackItem:
    item = said(source, title, body, **fields)
    grouping.group_waiting(source.project)
    item.refresh_from_db()
    assert item.cluster is not None
    return item


def place_of(item: FeedbackItem) -> int:
    assert item.cluster_id is not None
    return item.cluster_id


def calendar(source: Source) -> dict[int, str]:
    """Thirty reports of a calendar's users; what each is about, by id."""
    return {said(source, title, body).pk: label for label, title, body in REPORTS}


def clusters_of(project: Project) -> dict[int, int]:
    return dict(FeedbackItem.objects.filter(project=project).values_list("pk", "cluster"))


def test_each_defect_becomes_a_cluster_with_counts(project: Project, source: Source) -> None:
    labels = calendar(source)
    assert grouping.group_waiting(project) == len(labels)
    assert grouping.group_waiting(project) == 0
    places = clusters_of(project)
    for defect in ("reminder", "export", "login"):
        assert len({places[item] for item, label in labels.items() if label == defect}) == 1
    largest = project.clusters.order_by("-item_count").first()
    assert largest is not None
    assert largest.item_count == largest.items.count() == largest.reporter_count
    assert largest.title != "New"


def test_every_membership_has_its_reason(project: Project, source: Source) -> None:
    first = grouped(source, "PDF export cuts off the last week", "The last row is dropped.")
    second = grouped(source, "Last week missing in PDF export", "The last row is not there.")
    assert first.reason["rule"] == "first"
    assert second.cluster == first.cluster
    reason = second.reason
    assert (reason["rule"], reason["nearest_item"]) == ("similar", first.pk)
    assert 0 < reason["threshold"] <= reason["average"] <= reason["score"] <= 1
    assert {"pdf", "export"} <= set(reason["shared_words"])


def test_the_same_text_is_always_the_same_cluster(project: Project, source: Source) -> None:
    first = grouped(source, "Coupons are ignored", "At checkout they do nothing.")
    Cluster.objects.filter(pk=place_of(first)).update(locked=True)
    second = grouped(source, "COUPONS are ignored!", "At checkout they do nothing")
    assert second.cluster_id == first.cluster_id
    assert (second.reason["rule"], second.reason["nearest_item"]) == ("fingerprint", first.pk)
    assert second.fingerprint == first.fingerprint != ""


def test_the_mark_of_a_source_decides_whatever_is_said(project: Project, source: Source) -> None:
    items = [
        said(source, "Checkout broken", "Nothing happens.", fingerprint="sentry-1"),
        said(source, "Dark mode please", "My eyes hurt.", fingerprint="sentry-1"),
    ]
    grouping.group_waiting(project)
    assert len({clusters_of(project)[item.pk] for item in items}) == 1


def test_the_same_place_of_an_exception_is_the_same_cluster(
    project: Project, source: Source
) -> None:
    first = grouped(source, "Crash", TRACE.format(root="a", line=3))
    second = grouped(source, "It broke again", TRACE.format(root="b", line=44))
    assert second.cluster_id == first.cluster_id
    assert second.reason["rule"] == "stack"


@pytest.mark.parametrize(
    ("text", "joins"),
    [
        ("Duplicate of #12.", True),
        ("Happens to me, see https://github.com/acme/shop/issues/12?x=1#c", True),
        ("This is not #12, mine is about colours.", False),
        ("See #12 and #13, or neither.", False),
    ],
)
def test_a_report_that_names_another_one_belongs_to_it(
    project: Project, source: Source, text: str, *, joins: bool
) -> None:
    Project.objects.filter(pk=project.pk).update(repository="acme/shop", forge="github")
    project.refresh_from_db()
    there = "https://github.com/acme/shop/issues/"
    first = grouped(source, "Export of a month hangs", "For ever.", url=f"{there}12")
    grouped(source, "Dark mode for the editor", "Please.", url=f"{there}13")
    second = grouped(source, "Purple elephants", text)
    assert (second.cluster_id == first.cluster_id) is joins
    assert (second.reason["rule"] == "linked") is joins


def test_issues_name_each_other_for_many_reasons(project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(repository="acme/shop", forge="github")
    project.refresh_from_db()
    issues = factories.make_source(project, kind=Source.Kind.GITHUB, name="Issues")
    there = "https://github.com/acme/shop/issues/"
    first = grouped(issues, "Export of a month hangs", "For ever.", url=f"{there}12")
    second = grouped(issues, "Purple elephants", "Blocked by #12.", url=f"{there}13")
    third = said(issues, "Green mice", "They sing.", url=f"{there}14")
    FeedbackComment.objects.create(item=third, external_id="1", body="Duplicate of #12")
    grouping.group_waiting(project)
    places = clusters_of(project)
    assert places[second.pk] != first.cluster_id
    assert places[third.pk] == first.cluster_id


def test_what_was_resolved_and_is_said_again_is_open_again(
    project: Project, source: Source
) -> None:
    first = grouped(source, "Coupons are ignored", "At checkout they do nothing.")
    now = timezone.now()
    Cluster.objects.filter(pk=place_of(first)).update(status="resolved", resolved_at=now)
    early = now - timedelta(days=1)
    grouped(source, "Coupons are ignored", "At checkout they do nothing.", occurred_at=early)
    cluster = Cluster.objects.get(pk=place_of(first))
    assert cluster.status == Cluster.Status.RESOLVED
    grouped(source, "Coupons are ignored", "At checkout they do nothing.")
    cluster.refresh_from_db()
    assert (cluster.status, cluster.resolved_at) == (Cluster.Status.NEW, None)
    assert cluster.item_count == 3


def test_what_was_dismissed_stays_so(project: Project, source: Source) -> None:
    first = grouped(source, "Coupons are ignored", "At checkout they do nothing.")
    Cluster.objects.filter(pk=place_of(first)).update(status="dismissed")
    second = grouped(source, "Coupons are ignored", "At checkout they do nothing.")
    assert second.cluster_id == first.cluster_id
    assert Cluster.objects.get(pk=place_of(first)).status == Cluster.Status.DISMISSED


@pytest.mark.parametrize("closed", [{"locked": True}, {"status": "dismissed"}])
def test_by_likeness_nothing_joins_a_closed_cluster(
    project: Project, source: Source, closed: dict[str, object]
) -> None:
    first = grouped(source, "PDF export cuts off the last week", "The last row is dropped.")
    Cluster.objects.filter(pk=place_of(first)).update(**closed)
    second = grouped(source, "Last week missing in PDF export", "The last row is not there.")
    assert second.cluster_id != first.cluster_id


def test_an_index_that_is_made_anew_decides_the_same(project: Project, source: Source) -> None:
    other = factories.make_project(project.team, name="Other")
    elsewhere = factories.make_source(other, kind=Source.Kind.MANUAL, name="Written here")
    for _, title, body in REPORTS:
        grouped(source, title, body)
        grouped(elsewhere, title, body)
        indexes.clear()
        grouped(elsewhere, f"{title} again", f"{body} Twice.")
        indexes.clear()
        grouped(source, f"{title} again", f"{body} Twice.")
    places = [[*clusters_of(each).values()] for each in (project, other)]
    named = [[*map(each.index, each)] for each in places]
    assert named[0] == named[1]


def test_what_people_moved_meanwhile_is_known(project: Project, source: Source) -> None:
    calendar(source)
    grouping.group_waiting(project)
    export = FeedbackItem.objects.get(project=project, title="PDF export cuts off the last week")
    mine = factories.make_cluster(project)
    FeedbackItem.objects.filter(cluster=export.cluster).update(cluster=mine, pinned=True)
    grouping.touch(project.pk)
    late = grouped(source, "The exported PDF lacks the last week", "The last row is missing.")
    assert late.cluster == mine


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_while_reports_are_compared(
    project: Project, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_transaction: list[bool] = []
    place = placing.place

    def watched(*given: object) -> list[Placement]:
        in_transaction.append(connection.in_atomic_block)
        return place(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(placing, "place", watched)
    monkeypatch.setattr(waiting, "GROUPED_AT_ONCE", 2)
    for title in ("Total is wrong", "Export hangs", "Login is slow"):
        said(source, title)
    assert grouping.group_waiting(project) == 3
    assert in_transaction == [False, False]


def test_what_changed_while_reports_were_compared_is_seen(
    project: Project, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker was faster with one report; the other one's cluster was dismissed."""
    first = grouped(source, "PDF export cuts off the last week", "The last row is dropped.")
    taken = said(source, "Login is slow", "It takes a minute.")
    late = said(source, "Last week missing in PDF export", "The last row is not there.")
    elsewhere = factories.make_cluster(project)
    place = placing.place

    def overtaken(
        known: indexes.Known, where: Project, items: Sequence[FeedbackItem]
    ) -> list[Placement]:
        found = place(known, where, items)
        FeedbackItem.objects.filter(pk=taken.pk).update(cluster=elsewhere)
        Cluster.objects.filter(pk=place_of(first)).update(status=Cluster.Status.DISMISSED)
        return found

    monkeypatch.setattr(placing, "place", overtaken)
    assert grouping.group_waiting(project) == 1
    taken.refresh_from_db()
    late.refresh_from_db()
    assert taken.cluster == elsewhere
    assert late.cluster is not None
    assert late.cluster.status == Cluster.Status.NEW


def test_a_project_that_is_always_overtaken_is_left_to_the_next_sweep(
    project: Project, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    said(source, "Login is slow")
    place = placing.place

    def overtaken(*given: object) -> list[Placement]:
        found = place(*given)  # type: ignore[arg-type]
        grouping.touch(project.pk)
        return found

    monkeypatch.setattr(placing, "place", overtaken)
    assert grouping.group_waiting(project) == 0
    assert not project.clusters.exists()


def test_the_likeness_of_two_reports_is_known_once_they_are_grouped(
    project: Project, source: Source
) -> None:
    one = said(source, "PDF export cuts off the last week", "The last row is dropped.")
    two = said(source, "Last week missing in PDF export", "The last row is not there.")
    other = said(source, "Dark mode please", "My eyes hurt.")
    assert grouping.likeness(one.pk, two.pk) is None
    grouping.group_waiting(project)
    near, far = grouping.likeness(one.pk, two.pk), grouping.likeness(one.pk, other.pk)
    assert near is not None
    assert far is not None
    assert near > far
