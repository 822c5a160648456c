from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.db import connection

from clusters.grouping.base import Assignment, Group, Item
from clusters.grouping.online import assign
from clusters.models import Cluster, FeedbackItem, Project, Source
from clusters.services import clusters, feedback
from credentials.errors import Forbidden, Invalid
from credentials.models import User
from tests import factories


@pytest.fixture
def project(project: Project) -> Project:
    factories.make_source(project, kind=Source.Kind.MANUAL, name="Written here")
    return project


def test_the_same_report_twice_is_one_item(alice: User, project: Project) -> None:
    first, created = feedback.add_item(alice, project, title="Total is wrong", body="By a cent.")
    again, created_again = feedback.add_item(
        alice, project, title="Total is wrong", body="By a cent."
    )
    assert (created, created_again) == (True, False)
    assert first.pk == again.pk


def test_an_empty_report_is_refused_with_a_sentence(alice: User, project: Project) -> None:
    with pytest.raises(Invalid, match="title"):
        feedback.add_item(alice, project, title=" ", body="")
    assert not FeedbackItem.objects.exists()


def test_a_report_of_a_megabyte_is_kept_in_part(alice: User, project: Project) -> None:
    item, _ = feedback.add_item(alice, project, title="Long", body="word " * 200_000)
    assert len(item.body) <= 100_000
    assert "cut" in item.body[-100:]


def test_a_viewer_adds_nothing(carol: User, project: Project) -> None:
    with pytest.raises(Forbidden):
        feedback.add_item(carol, project, title="Total is wrong")


def test_a_file_tells_what_it_refused_and_keeps_the_rest(alice: User, project: Project) -> None:
    data = b"external_id,title,body\n1,Total is wrong,By a cent\n2,,\n3,Export hangs,For ever\n"
    record = feedback.import_file(alice, project, name="mail.csv", data=data, kind="email")
    assert (record.created, record.refused_count) == (2, 1)
    assert record.refused[0]["reason"]


def test_a_file_twice_adds_nothing(alice: User, project: Project) -> None:
    data = b"external_id,title\n1,Total is wrong\n2,Export hangs\n"
    feedback.import_file(alice, project, name="mail.csv", data=data)
    record = feedback.import_file(alice, project, name="mail.csv", data=data)
    assert (record.created, record.duplicates) == (0, 2)


def test_a_wrong_header_says_what_is_needed(alice: User, project: Project) -> None:
    record = feedback.import_file(alice, project, name="mail.csv", data=b"colour,size\nred,4\n")
    assert (record.created, record.refused_count) == (0, 1)
    assert "colour" in record.refused[0]["reason"]


def test_an_unknown_format_is_refused(alice: User, project: Project) -> None:
    with pytest.raises(Invalid, match=r"csv|jsonl"):
        feedback.import_file(alice, project, name="mail.xlsx", data=b"PK")


def test_waiting_feedback_gets_clusters_with_counts(alice: User, project: Project) -> None:
    for name, text in (
        ("Ann", "Two coupons give a wrong total"),
        ("Ben", "Wrong total with two coupons"),
    ):
        feedback.add_item(alice, project, title=text, body=text, author=name)
    assert clusters.group_waiting(project) == 2
    assert not FeedbackItem.objects.filter(cluster=None).exists()
    assert sum(cluster.item_count for cluster in project.clusters.all()) == 2
    assert clusters.group_waiting(project) == 0


def test_every_membership_has_its_reason(alice: User, project: Project) -> None:
    feedback.add_item(
        alice, project, title="Two coupons give a wrong total", body="Wrong by a cent."
    )
    clusters.group_waiting(project)
    assert FeedbackItem.objects.get().reason["rule"] == "first"


def test_a_title_that_a_person_wrote_stays(alice: User, project: Project) -> None:
    feedback.add_item(alice, project, title="Two coupons give a wrong total", body="x")
    clusters.group_waiting(project)
    cluster = clusters.edit(alice, project.clusters.get(), title="Coupons", summary="")
    clusters.refresh(cluster)
    assert cluster.title == "Coupons"


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_while_reports_are_compared(
    alice: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_transaction: list[bool] = []

    def watched(items: Sequence[Item], existing: Sequence[Group]) -> list[Assignment]:
        in_transaction.append(connection.in_atomic_block)
        return assign(items, existing)

    monkeypatch.setattr(clusters, "assign", watched)
    monkeypatch.setattr(clusters, "GROUPED_AT_ONCE", 2)
    for title in ("Total is wrong", "Export hangs", "Login is slow"):
        feedback.add_item(alice, project, title=title)
    assert clusters.group_waiting(project) == 3
    assert in_transaction == [False, False]


def test_what_changed_while_reports_were_compared_is_seen(
    alice: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker was faster with one report; the other one's cluster was dismissed."""
    item, _ = feedback.add_item(alice, project, title="Total is wrong with coupons")
    clusters.group_waiting(project)
    taken, _ = feedback.add_item(alice, project, title="Export hangs")
    late, _ = feedback.add_item(alice, project, title="Total is wrong with coupons!")
    elsewhere = factories.make_cluster(project)

    def overtaken(items: Sequence[Item], existing: Sequence[Group]) -> list[Assignment]:
        found = assign(items, existing)
        FeedbackItem.objects.filter(pk=taken.pk).update(cluster=elsewhere)
        Cluster.objects.filter(items=item).update(status=Cluster.Status.DISMISSED)
        return found

    monkeypatch.setattr(clusters, "assign", overtaken)
    assert clusters.group_waiting(project) == 1
    taken.refresh_from_db()
    late.refresh_from_db()
    assert taken.cluster == elsewhere
    assert late.cluster is not None
    assert late.cluster.status == Cluster.Status.NEW
