"""Groups are found anew where nobody decided otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from agents.services import jobs
from clusters.models import Cluster, ClusterChange, FeedbackItem, GroupingConstraint, Project
from clusters.services import grouping
from clusters.services.grouping import indexes, refining
from tests import factories
from tests.clusters.services.test_grouping import calendar, clusters_of, source

__all__ = ["source"]


@pytest.fixture
def labels(project: Project, source: Any) -> dict[int, str]:
    """Thirty reports in their clusters, and four of them put into a wrong one."""
    found = calendar(source)
    grouping.group_waiting(project)
    export = home(project, found, "export")
    astray = [item for item, label in found.items() if label == "login"][:4]
    FeedbackItem.objects.filter(pk__in=astray).update(cluster=export)
    grouping.touch(project.pk)
    return found


def home(project: Project, labels: dict[int, str], label: str) -> int:
    """The cluster that most reports of a defect are in."""
    places = clusters_of(project)
    mine = [places[item] for item, own in labels.items() if own == label]
    return max(set(mine), key=mine.count)


def astray(labels: dict[int, str]) -> list[int]:
    return [item for item, label in labels.items() if label == "login"][:4]


def test_what_went_astray_comes_home_and_says_so(project: Project, labels: dict[int, str]) -> None:
    login = clusters_of(project)[[item for item in labels if labels[item] == "login"][-1]]
    assert refining.refine(project) == 4
    places = clusters_of(project)
    assert {places[item] for item in astray(labels)} == {login}
    reason = FeedbackItem.objects.get(pk=astray(labels)[0]).reason
    assert (reason["rule"], reason["regrouped"]) == ("similar", True)
    assert reason["nearest_item"] in labels
    cluster = Cluster.objects.get(pk=login)
    assert cluster.item_count == list(labels.values()).count("login")
    assert refining.refine(project) == 0


@pytest.mark.parametrize(
    "touched",
    [{"locked": True}, {"titled_by_person": True}, {"status": "fixing"}, {"status": "resolved"}],
)
def test_clusters_that_people_work_on_neither_lose_nor_gain(
    project: Project, labels: dict[int, str], touched: dict[str, Any]
) -> None:
    export = home(project, labels, "export")
    Cluster.objects.filter(pk=export).update(**touched)
    assert refining.refine(project) == 0


def test_a_cluster_with_a_plan_stays(project: Project, labels: dict[int, str]) -> None:
    factories.make_plan(Cluster.objects.get(pk=home(project, labels, "export")))
    assert refining.refine(project) == 0


def test_a_cluster_with_a_job_stays(project: Project, labels: dict[int, str]) -> None:
    """A proposed fix changes neither its status nor its plans."""
    export = Cluster.objects.get(pk=home(project, labels, "export"))
    assert jobs.propose_fix(export) is not None
    assert refining.refine(project) == 0


def test_what_people_placed_stays(project: Project, labels: dict[int, str]) -> None:
    FeedbackItem.objects.filter(pk__in=astray(labels)).update(pinned=True)
    assert refining.refine(project) == 0


def test_what_people_took_apart_is_not_joined_again(
    project: Project, labels: dict[int, str]
) -> None:
    one, other = astray(labels)[:2]
    constrain(project, one, other, together=False)
    refining.refine(project)
    places = clusters_of(project)
    assert places[one] != places[other]


def test_what_people_put_together_stays_together(project: Project, labels: dict[int, str]) -> None:
    noise = [item for item, label in labels.items() if label == "noise"]
    constrain(project, noise[0], noise[1], together=True)
    refining.refine(project)
    places = clusters_of(project)
    assert places[noise[0]] == places[noise[1]]


def test_a_cluster_that_becomes_empty_leads_to_where_its_reports_went(
    project: Project, labels: dict[int, str]
) -> None:
    export = home(project, labels, "export")
    alone = factories.make_cluster(project)
    moved = [item for item, place in clusters_of(project).items() if place == export][:2]
    moved = [item for item in moved if labels[item] == "export"] or moved[:1]
    FeedbackItem.objects.filter(pk__in=moved).update(cluster=alone)
    grouping.touch(project.pk)
    refining.refine(project)
    alone.refresh_from_db()
    assert (alone.status, alone.item_count) == (Cluster.Status.DISMISSED, 0)
    assert alone.merged_into_id == export


def test_nothing_moves_when_people_are_faster(
    project: Project, labels: dict[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    placements = refining._placements

    def overtaken(known: indexes.Known, moves: dict[int, int]) -> Any:
        grouping.touch(project.pk)
        return placements(known, moves)

    before = clusters_of(project)
    monkeypatch.setattr(refining, "_placements", overtaken)
    assert refining.refine(project) == 0
    assert clusters_of(project) == before


def test_a_report_that_was_edited_is_read_again(project: Project, labels: dict[int, str]) -> None:
    export = home(project, labels, "export")
    refining.refine(project)
    edited = FeedbackItem.objects.filter(cluster=export).earliest("pk")
    edited.title = "I cannot log in with the new password"
    edited.body = "After the password reset the login page comes back again and again."
    edited.revised_at = edited.received_at
    edited.save()
    refining.refine(project)
    edited.refresh_from_db()
    assert edited.cluster_id == home(project, labels, "login")


def test_it_is_due_when_reports_came_since_the_last_time(
    project: Project, labels: dict[int, str]
) -> None:
    refining.refine(project)
    assert not refining.is_due(project)
    item = FeedbackItem.objects.get(pk=next(iter(labels)))
    FeedbackItem.objects.create(
        project=project, source=item.source, external_id="x", title="Login loops after the reset"
    )
    assert not refining.is_due(project)
    grouping.group_waiting(project)
    assert not refining.is_due(project)  # with so few it is done at once


def constrain(project: Project, one: int, other: int, *, together: bool) -> None:
    change = ClusterChange.objects.create(project=project, kind="split", before={}, after={})
    GroupingConstraint.objects.create(
        change=change, project=project, one_id=one, other_id=other, together=together
    )
