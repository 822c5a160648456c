from __future__ import annotations

from collections.abc import Callable

import pytest

from clusters.models import Cluster, Plan
from clusters.services import plans, surgery
from clusters.services.plans import drafting
from credentials.errors import Conflict, Forbidden, Invalid, NotFound
from credentials.models import AuditEvent, User
from tests import factories


def test_a_plan_without_a_readable_repository_says_so(alice: User, cluster: Cluster) -> None:
    factories.make_item(factories.make_source(cluster.project), cluster=cluster)
    plan = plans.generate(alice, cluster)
    assert plan.made_by == Plan.MadeBy.EVIDENCE
    assert "could not be read" in plan.note
    cluster.refresh_from_db()
    assert cluster.status == Cluster.Status.PLANNED


def test_an_edit_is_a_new_version_by_its_editor(alice: User, bob: User, cluster: Cluster) -> None:
    factories.make_plan(cluster, approved_by=alice)
    plan = plans.edit(bob, cluster, {"steps": ["Look again."]}, version=1)
    assert (plan.version, plan.created_by, plan.made_by) == (2, bob, Plan.MadeBy.PERSON)
    assert not plan.is_approved
    assert cluster.plans.get(version=1).content["steps"] != plan.content["steps"]


def test_an_edit_that_changes_nothing_is_no_version(alice: User, cluster: Cluster) -> None:
    factories.make_plan(cluster)
    assert plans.edit(alice, cluster, {}, version=1).version == 1


def test_who_saves_second_is_told(alice: User, bob: User, cluster: Cluster) -> None:
    factories.make_plan(cluster)
    plans.edit(alice, cluster, {"steps": ["First."]}, version=1)
    with pytest.raises(Conflict) as refusal:
        plans.edit(bob, cluster, {"steps": ["Second."]}, version=1)
    assert refusal.value.code == "plan_changed"


@pytest.mark.parametrize(
    "nonsense",
    [
        {"steps": []},
        {"steps": "all of it"},
        {"criteria": [{"text": ""}]},
        {"summary": ""},
        {"colour": "red"},
        {"criteria": [{"text": "Done.", "evidence": [10**9]}]},
        {"criteria": [{"text": "Done.", "evidence": [10**30]}]},
        {"criteria": [{"text": "Done.", "evidence": [*range(1, 1000)]}]},
        {"criteria": [{"text": "\0"}]},
        {"files": [{"path": "a.py", "reason": "x", "score": "high"}]},
    ],
    ids=lambda nonsense: str(nonsense)[:60],
)
def test_nonsense_is_refused_and_the_plan_kept(
    alice: User, cluster: Cluster, nonsense: dict[str, object]
) -> None:
    factories.make_plan(cluster)
    with pytest.raises(Invalid) as refusal:
        plans.edit(alice, cluster, nonsense, version=1)
    assert refusal.value.fields
    assert cluster.plans.count() == 1


def test_what_no_database_takes_is_left_out(alice: User, cluster: Cluster) -> None:
    factories.make_plan(cluster)
    plan = plans.edit(alice, cluster, {"summary": "Cents\0 get lost."}, version=1)
    assert plan.content["summary"] == "Cents get lost."


def test_approval_is_of_the_version_that_was_read(alice: User, bob: User, cluster: Cluster) -> None:
    factories.make_plan(cluster)
    plans.edit(bob, cluster, {"steps": ["Another."]}, version=1)
    with pytest.raises(Conflict):
        plans.approve(alice, cluster, version=1)
    plan = plans.approve(alice, cluster, version=2)
    assert (plan.approved_by, plan.is_approved) == (alice, True)
    assert AuditEvent.objects.filter(verb="plan.approved", actor=alice).exists()


def test_an_approval_can_be_taken_back(alice: User, cluster: Cluster) -> None:
    factories.make_plan(cluster, approved_by=alice)
    assert not plans.withdraw_approval(alice, cluster).is_approved


def test_without_a_plan_there_is_nothing_to_approve(alice: User, cluster: Cluster) -> None:
    with pytest.raises(NotFound):
        plans.approve(alice, cluster, version=1)


def test_a_viewer_changes_no_plan(carol: User, cluster: Cluster) -> None:
    factories.make_plan(cluster)
    acts: list[Callable[[], object]] = [
        lambda: plans.generate(carol, cluster),
        lambda: plans.edit(carol, cluster, {}, version=1),
        lambda: plans.approve(carol, cluster, version=1),
        lambda: plans.withdraw_approval(carol, cluster),
    ]
    for act in acts:
        with pytest.raises(Forbidden):
            act()


@pytest.mark.parametrize("score", ["NaN", "Infinity", float("inf")])
def test_a_score_that_json_cannot_say_is_refused(
    alice: User, cluster: Cluster, score: object
) -> None:
    plan = factories.make_plan(cluster)
    files = [{"path": "a.py", "reason": "It rounds.", "score": score}]
    with pytest.raises(Invalid):
        plans.edit(alice, cluster, {"files": files}, version=plan.version)


def test_what_was_merged_away_gets_no_plan(alice: User, cluster: Cluster) -> None:
    written = factories.make_plan(cluster)
    away = Cluster.objects.get(pk=cluster.pk)
    surgery.merge(alice, [away], into=factories.make_cluster(cluster.project))
    for ask in (
        lambda: plans.edit(alice, cluster, {"summary": "New."}, version=written.version),
        lambda: plans.generate(alice, Cluster.objects.get(pk=cluster.pk)),
        lambda: plans.approve(alice, Cluster.objects.get(pk=cluster.pk), version=written.version),
        lambda: drafting.request(alice, Cluster.objects.get(pk=cluster.pk)),
    ):
        with pytest.raises(Conflict) as refusal:
            ask()
        assert refusal.value.code == "merged_away"
    assert plans.current(cluster) == written
