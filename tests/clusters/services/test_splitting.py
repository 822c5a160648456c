"""How a cluster would be split, whether it holds one matter, and what corrections teach."""

from __future__ import annotations

from typing import Any

import pytest

from clusters import wiring
from clusters.coherence.model import Judgement, NotJudged
from clusters.models import Cluster, ClusterChange, FeedbackItem, GroupingConstraint, Project
from clusters.services import grouping
from clusters.services.grouping import coherence, indexes, retuning, splitting
from tests.clusters.services.test_grouping import calendar, source

__all__ = ["source"]


@pytest.fixture
def mixed(project: Project, source: Any) -> Cluster:
    """Everything about the login and about the export in one cluster."""
    labels = calendar(source)
    grouping.group_waiting(project)
    wanted = [item for item, label in labels.items() if label in {"login", "export"}]
    cluster = FeedbackItem.objects.get(pk=wanted[0]).cluster
    assert cluster is not None
    FeedbackItem.objects.filter(pk__in=wanted).update(cluster=cluster)
    return cluster


def halves(cluster: Cluster) -> list[set[str]]:
    """The titles of each proposed part."""
    parts = splitting.propose_split(cluster)
    return [
        set(cluster.items.filter(pk__in=part).values_list("title", flat=True)) for part in parts
    ]


@pytest.mark.parametrize("stored", [True, False])
def test_two_matters_are_proposed_as_two_parts(mixed: Cluster, *, stored: bool) -> None:
    if not stored:
        for item in mixed.items.all():
            item.embedding.delete()
    parts = halves(mixed)
    assert len(parts) >= 2
    assert sum(len(part) for part in parts) == mixed.items.count()
    login = next(part for part in parts if "Stuck in a login loop" in part)
    assert "Cannot log in with new password" in login
    assert not any("PDF" in title for title in login)


def test_one_matter_is_not_split(project: Project, source: Any) -> None:
    calendar(source)
    grouping.group_waiting(project)
    cluster = FeedbackItem.objects.get(project=project, title="Reminders one hour late").cluster
    assert cluster is not None
    assert len(splitting.propose_split(cluster)) == 1
    coherence.judge(cluster)
    cluster.refresh_from_db()
    assert cluster.coherence["verdict"] == "one"
    assert cluster.coherence["items"] == cluster.items.count()


def test_without_a_model_a_rule_says_that_there_are_several(mixed: Cluster) -> None:
    coherence.judge(mixed)
    mixed.refresh_from_db()
    assert mixed.coherence["verdict"] == "several"
    assert mixed.coherence["by"] == ""
    assert "groups" in mixed.coherence["text"]
    assert sum(len(part) for part in mixed.coherence["groups"]) == mixed.items.count()


class FakeJudge:
    name = "test:model"

    def __init__(self, found: Judgement | None) -> None:
        self._found = found

    def judge(self, reports: Any) -> Judgement:
        if self._found is None:
            raise NotJudged("The model gave no judgement (TimeoutError).")
        return self._found


def test_a_model_has_the_word_where_there_is_one(
    mixed: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Judgement("one", "All of it is about the calendar.", [])
    monkeypatch.setattr(wiring, "coherence_judge", lambda team: FakeJudge(found))
    coherence.judge(mixed)
    mixed.refresh_from_db()
    assert (mixed.coherence["verdict"], mixed.coherence["by"]) == ("one", "test:model")


def test_the_rule_is_there_when_the_model_fails(
    mixed: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "coherence_judge", lambda team: FakeJudge(None))
    coherence.judge(mixed)
    mixed.refresh_from_db()
    assert (mixed.coherence["verdict"], mixed.coherence["by"]) == ("several", "")


def test_it_is_judged_again_when_it_has_grown_by_a_half(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr("clusters.queue.judge", asked.append)
    coherence.ask(1, 1, {})
    coherence.ask(2, 2, {})
    coherence.ask(3, 14, {"items": 10})
    coherence.ask(4, 15, {"items": 10})
    assert asked == [2, 4]


def test_corrections_shift_the_threshold_of_their_project(project: Project, source: Any) -> None:
    calendar(source)
    grouping.group_waiting(project)
    one, other = FeedbackItem.objects.filter(project=project).order_by("pk")[:2]
    for _ in range(12):
        change = ClusterChange.objects.create(project=project, kind="split", before={}, after={})
        GroupingConstraint.objects.create(
            change=change, project=project, one=one, other=other, together=False, likeness=0.6
        )
    with indexes.held(project) as known:
        before = known.index.threshold
    retuning.retune(project)
    shift = project.grouping["shift"]
    assert shift > 0
    assert project.grouping["labels"] == 12
    with indexes.held(project) as known:
        assert known.index.threshold == pytest.approx(before + shift)
    ClusterChange.objects.all().delete()
    retuning.retune(project)
    assert project.grouping["shift"] == 0
