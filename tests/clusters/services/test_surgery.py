"""People's corrections of clusters, one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clusters.models import Cluster, ClusterChange, FeedbackItem, GroupingConstraint, Project
from clusters.services import clusters, surgery
from clusters.services.surgery import corrections
from credentials.errors import Conflict, Forbidden, Invalid, NotFound
from credentials.models import AuditEvent, User
from tests import factories


@pytest.fixture
def coupons(project: Project) -> Cluster:
    return filled(project, "Coupons", 3)


@pytest.fixture
def exports(project: Project) -> Cluster:
    return filled(project, "Exports", 2)


def filled(project: Project, title: str, count: int, **fields: Any) -> Cluster:
    """A cluster that was counted, with reports of as many people."""
    source = project.sources.first() or factories.make_source(project)
    cluster = factories.make_cluster(project, title=title, **fields)
    for number in range(count):
        factories.make_item(
            source,
            cluster=cluster,
            title=f"{title} go wrong {number}",
            author=f"{title}-{number}",
            reason={"rule": "similar", "score": 0.5},
        )
    clusters.refresh(cluster)
    return fresh(cluster)


def fresh(cluster: Cluster) -> Cluster:
    return Cluster.objects.select_related("project__team").get(pk=cluster.pk)


def ids(cluster: Cluster) -> list[int]:
    return list(cluster.items.order_by("pk").values_list("pk", flat=True))


def everything() -> tuple[dict[int, Any], dict[int, Any]]:
    """All items and clusters, with all that is stored about them but what time itself changes."""
    items = {row["id"]: row for row in FeedbackItem.objects.values()}
    rows = {row["id"]: row for row in Cluster.objects.values()}
    return items, rows


def test_merging_moves_every_report_and_closes_the_others(
    bob: User, coupons: Cluster, exports: Cluster
) -> None:
    moved = ids(exports)
    change = surgery.merge(bob, [coupons, exports], into=coupons)
    assert set(ids(coupons)) >= set(moved)
    gone, stays = fresh(exports), fresh(coupons)
    assert (gone.status, gone.merged_into_id, gone.item_count) == ("dismissed", coupons.pk, 0)
    assert (stays.status, stays.item_count, stays.reporter_count) == ("new", 5, 5)
    item = FeedbackItem.objects.get(pk=moved[0])
    assert item.pinned
    assert (item.reason["rule"], item.reason["by"]) == ("person", "bob")
    assert item.reason["change"] == change.pk
    assert {cluster.pk for cluster in change.clusters.all()} == {coupons.pk, exports.pk}


def test_a_split_is_a_cluster_of_its_own_and_keeps_both_sides_apart(
    bob: User, coupons: Cluster
) -> None:
    first, *rest = ids(coupons)
    change = surgery.split(bob, coupons, [first], title="Vouchers")
    new = change.clusters.exclude(pk=coupons.pk).get()
    assert (new.title, new.titled_by_person, new.item_count) == ("Vouchers", True, 1)
    assert ids(coupons) == rest
    assert FeedbackItem.objects.filter(pinned=True).count() == 3
    apart = GroupingConstraint.objects.get(change=change, together=False)
    assert first in {apart.one_id, apart.other_id}


def test_a_split_without_a_title_takes_one_from_its_reports(bob: User, coupons: Cluster) -> None:
    change = surgery.split(bob, coupons, ids(coupons)[:1])
    new = change.clusters.exclude(pk=coupons.pk).get()
    assert (new.title, new.titled_by_person) == ("Coupons go wrong 0", False)


def test_moving_the_last_report_leaves_a_cluster_that_leads_to_the_other(
    bob: User, coupons: Cluster, exports: Cluster
) -> None:
    surgery.move(bob, ids(exports)[:1], to=coupons)
    assert fresh(exports).merged_into is None
    surgery.move(bob, ids(exports), to=coupons)
    assert fresh(exports).merged_into == coupons
    assert fresh(coupons).item_count == 5


def test_locking_is_said_once(bob: User, coupons: Cluster) -> None:
    assert surgery.lock(bob, coupons) is not None
    assert surgery.lock(bob, coupons) is None
    assert fresh(coupons).locked
    assert surgery.unlock(bob, coupons) is not None
    assert not fresh(coupons).locked


def test_undoing_restores_everything_and_redoing_does_it_again(
    bob: User, coupons: Cluster, exports: Cluster
) -> None:
    before = everything()
    change = surgery.merge(bob, [exports], into=coupons)
    after = everything()
    surgery.undo(bob, change)
    assert everything() == before
    assert not GroupingConstraint.objects.exists()
    surgery.redo(bob, change)
    assert everything() == after
    assert GroupingConstraint.objects.exists()


def test_undoing_a_split_takes_the_new_cluster_away_and_redoing_brings_it_back(
    bob: User, coupons: Cluster
) -> None:
    before = everything()
    change = surgery.split(bob, coupons, ids(coupons)[1:])
    after = everything()
    surgery.undo(bob, change)
    assert everything() == before
    surgery.redo(bob, change)
    assert everything() == after
    assert change.clusters.count() == 2


def test_a_plan_keeps_a_split_cluster_which_then_leads_back(bob: User, coupons: Cluster) -> None:
    change = surgery.split(bob, coupons, ids(coupons)[1:])
    new = change.clusters.exclude(pk=coupons.pk).get()
    factories.make_plan(new)
    surgery.undo(bob, change)
    assert (fresh(new).merged_into, fresh(new).status) == (coupons, "dismissed")
    surgery.redo(bob, change)
    assert (fresh(new).merged_into, fresh(new).status) == (None, "new")
    assert len(ids(new)) == 2


def test_reports_that_came_meanwhile_stay(bob: User, coupons: Cluster, exports: Cluster) -> None:
    change = surgery.merge(bob, [exports], into=coupons)
    late = factories.make_item(coupons.items.all()[0].source, cluster=coupons)
    surgery.undo(bob, change)
    assert late.pk in ids(coupons)
    assert fresh(coupons).item_count == 4
    surgery.redo(bob, change)
    assert fresh(coupons).item_count == 6


def test_a_new_report_keeps_a_split_cluster_alive(bob: User, coupons: Cluster) -> None:
    change = surgery.split(bob, coupons, ids(coupons)[1:])
    new = change.clusters.exclude(pk=coupons.pk).get()
    late = factories.make_item(coupons.items.all()[0].source, cluster=new)
    surgery.undo(bob, change)
    assert ids(new) == [late.pk]
    assert fresh(new).status == "new"
    surgery.redo(bob, change)
    assert len(ids(new)) == 3


def test_a_merge_is_not_made_again_over_new_reports(
    bob: User, coupons: Cluster, exports: Cluster
) -> None:
    change = surgery.undo(bob, surgery.merge(bob, [exports], into=coupons))
    late = factories.make_item(coupons.items.all()[0].source, cluster=exports)
    with pytest.raises(Conflict, match="New reports came") as refusal:
        surgery.redo(bob, change)
    assert refusal.value.code == "changed_since"
    assert late.pk in ids(exports)


def test_what_a_newer_change_stands_on_is_undone_after_it(
    bob: User, coupons: Cluster, exports: Cluster
) -> None:
    older = surgery.move(bob, ids(exports)[:1], to=coupons)
    newer = surgery.split(bob, coupons, older_items(older))
    with pytest.raises(Conflict, match="Undo that first") as refusal:
        surgery.undo(bob, older)
    assert refusal.value.extra["change"] == newer.pk
    assert refusal.value.extra["url"].endswith(f"#change-{newer.pk}")
    surgery.undo(bob, newer)
    surgery.undo(bob, older)


def older_items(change: ClusterChange) -> list[int]:
    return [int(key) for key in change.after["items"]]


def test_an_older_change_of_something_else_is_undone_alone(
    bob: User, coupons: Cluster, exports: Cluster
) -> None:
    clusters.edit(bob, exports, title="Export hangs", summary="")
    older = ClusterChange.objects.get()
    surgery.split(bob, coupons, ids(coupons)[:1])
    surgery.undo(bob, older)
    assert fresh(exports).title != "Export hangs"
    assert not fresh(exports).titled_by_person


def test_dismissing_editing_and_reopening_are_undone_too(bob: User, coupons: Cluster) -> None:
    before = everything()
    clusters.edit(bob, coupons, title="Two coupons", summary="Wrong.")
    clusters.dismiss(bob, coupons, "Works as intended.")
    clusters.reopen(bob, coupons)
    clusters.edit(bob, coupons, title="Two coupons", summary="Wrong.")  # nothing new
    done = list(ClusterChange.objects.order_by("-pk"))
    assert [change.kind for change in done] == ["reopen", "dismiss", "edit"]
    for change in done:
        surgery.undo(bob, change)
    assert everything() == before


def test_twice_is_once(bob: User, coupons: Cluster, exports: Cluster) -> None:
    change = surgery.merge(bob, [exports], into=coupons)
    with pytest.raises(Conflict, match="not undone"):
        surgery.redo(bob, change)
    surgery.undo(bob, change)
    with pytest.raises(Conflict, match="undone already"):
        surgery.undo(bob, change)


def test_a_cluster_with_a_job_is_not_merged_away(
    bob: User, project: Project, coupons: Cluster, exports: Cluster
) -> None:
    factories.make_job(project, exports, status="running")
    with pytest.raises(Conflict, match="A job works on") as refusal:
        surgery.merge(bob, [exports], into=coupons)
    assert refusal.value.code == "job_running"
    surgery.merge(bob, [coupons], into=exports)


def test_plans_and_jobs_stay_with_their_cluster(
    bob: User, project: Project, coupons: Cluster, exports: Cluster
) -> None:
    factories.make_plan(exports)
    factories.make_job(project, exports, status="completed")
    surgery.merge(bob, [exports], into=coupons)
    assert exports.plans.count() == exports.jobs.count() == 1


def test_a_merged_cluster_cannot_be_changed(bob: User, coupons: Cluster, exports: Cluster) -> None:
    surgery.merge(bob, [exports], into=coupons)
    attempts: list[Callable[[], object]] = [
        lambda: surgery.merge(bob, [coupons], into=exports),
        lambda: surgery.move(bob, ids(coupons)[:1], to=exports),
        lambda: surgery.lock(bob, exports),
        lambda: clusters.reopen(bob, exports),
        lambda: clusters.dismiss(bob, exports, "Why"),
        lambda: clusters.edit(bob, exports, title="Other", summary=""),
    ]
    for attempt in attempts:
        with pytest.raises(Conflict, match="was merged into"):
            attempt()


def test_what_makes_no_sense_is_refused(
    bob: User, alice: User, coupons: Cluster, exports: Cluster
) -> None:
    team = factories.make_team("Second", owner=alice)
    elsewhere = filled(factories.make_project(team), "Elsewhere", 1)
    refusals: list[tuple[type[Exception], Callable[[], object]]] = [
        (Invalid, lambda: surgery.merge(bob, [coupons], into=coupons)),
        (Invalid, lambda: surgery.merge(bob, [elsewhere], into=coupons)),
        (Invalid, lambda: surgery.split(bob, coupons, [])),
        (Invalid, lambda: surgery.split(bob, coupons, ids(coupons))),
        (Invalid, lambda: surgery.split(bob, coupons, ids(exports))),
        (NotFound, lambda: surgery.move(bob, ids(elsewhere), to=coupons)),
        (Invalid, lambda: surgery.move(bob, ids(coupons), to=coupons)),
    ]
    before = everything()
    for kind, attempt in refusals:
        with pytest.raises(kind):
            attempt()
    assert everything() == before


def test_very_many_at_once_are_refused_politely(
    bob: User, coupons: Cluster, exports: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corrections, "LIMIT", 1)
    with pytest.raises(Invalid, match="At most 1 reports"):
        surgery.merge(bob, [exports], into=coupons)


def test_who_only_looks_changes_nothing(
    carol: User, bob: User, coupons: Cluster, exports: Cluster
) -> None:
    change = surgery.move(bob, ids(exports)[:1], to=coupons)
    attempts: list[Callable[[], object]] = [
        lambda: surgery.merge(carol, [exports], into=coupons),
        lambda: surgery.split(carol, coupons, ids(coupons)[:1]),
        lambda: surgery.move(carol, ids(coupons)[:1], to=exports),
        lambda: surgery.lock(carol, coupons),
        lambda: surgery.undo(carol, change),
        lambda: surgery.redo(carol, change),
    ]
    for attempt in attempts:
        with pytest.raises(Forbidden):
            attempt()


def test_the_chosen_title_stays(bob: User, coupons: Cluster, exports: Cluster) -> None:
    before = everything()
    change = surgery.merge(bob, [coupons], into=exports, keep_title=True)
    clusters.refresh(fresh(exports))
    assert fresh(exports).title == exports.title
    surgery.undo(bob, change)
    assert everything() == before


def test_every_change_is_in_the_activity(bob: User, coupons: Cluster, exports: Cluster) -> None:
    change = surgery.move(bob, ids(exports)[:1], to=coupons)
    surgery.undo(bob, change)
    surgery.redo(bob, change)
    verbs = AuditEvent.objects.filter(verb__startswith="cluster.").values_list("verb", flat=True)
    assert set(verbs) == {"cluster.moved", "cluster.change_undone", "cluster.change_redone"}


def test_every_change_makes_indexes_stale(bob: User, project: Project, coupons: Cluster) -> None:
    change = surgery.split(bob, coupons, ids(coupons)[:1])
    surgery.undo(bob, change)
    project.refresh_from_db()
    assert project.membership_version >= 2


def test_a_cluster_that_grouping_emptied_meanwhile_lives_again(
    bob: User, coupons: Cluster, exports: Cluster
) -> None:
    moved, *rest = ids(exports)
    change = surgery.move(bob, [moved], to=coupons)
    # As grouping does it in the background with what nobody has placed.
    FeedbackItem.objects.filter(pk__in=rest).update(cluster=coupons)
    Cluster.objects.filter(pk=exports.pk).update(status="dismissed", merged_into=coupons)
    surgery.undo(bob, change)
    assert ids(exports) == [moved]
    assert (fresh(exports).status, fresh(exports).merged_into) == ("new", None)


@pytest.mark.skipif(
    not connection.features.has_select_for_update, reason="SQLite has one writer at a time."
)
def test_no_job_begins_on_a_cluster_while_its_change_is_undone(
    alice: User, coupons: Cluster
) -> None:
    clusters.dismiss(alice, coupons, "Spam")
    clusters.reopen(alice, coupons)
    change = ClusterChange.objects.latest("pk")
    with CaptureQueriesContext(connection) as captured:
        surgery.undo(alice, change)
    table = f'FROM "{Cluster._meta.db_table}"'
    assert any(table in each["sql"] and "FOR NO KEY UPDATE" in each["sql"] for each in captured)
