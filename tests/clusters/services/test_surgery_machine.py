"""Merge, split, move, undo in any order: no report is lost or doubled, undoing restores exactly."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from clusters.models import Cluster, ClusterChange, FeedbackItem, GroupingConstraint
from clusters.services import clusters, surgery
from credentials.errors import AppError, Conflict
from tests import factories

Snapshot = dict[tuple[str, int], dict[str, Any]]
TEXTS = ("The total is wrong", "Export hangs", "Coupons count twice", "The drawer stays shut")
# Counted and described anew whenever reports come: compared on their own.
COUNTED = ("item_count", "reporter_count", "source_count", "first_seen", "last_seen", "seen_at")
TOLD = ("title", "summary", "summary_quotes", "described_by", "coherence")
RANKED = ("impact", "impact_reasons", "severity", "actionability", "actionability_reason")
DERIVED = {*COUNTED, *TOLD, *RANKED}
some = st.integers(min_value=0, max_value=1000)
several = st.sets(some, min_size=1, max_size=4)


class SurgeryMachine(RuleBasedStateMachine):
    """One project, two of its people, reports that keep coming."""

    def __init__(self) -> None:
        super().__init__()
        self._rolled_back = transaction.atomic()
        self._rolled_back.__enter__()
        self.alice, bob = factories.make_user("alice"), factories.make_user("bob")
        self.people = [self.alice, bob]
        self.project = factories.make_project(factories.make_team("Till", owner=self.alice))
        factories.add_member(self.project.team, bob)
        self.sources = [factories.make_source(self.project, name=f"S{n}") for n in range(2)]
        self.items: set[int] = set()
        # What each change did, as it was seen from outside: before and after it.
        self.seen: dict[int, tuple[Snapshot, Snapshot]] = {}
        for number in range(7):
            self._arrive(number, number % 3)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._rolled_back.__exit__(None, None, None)

    # --- reports ---

    @rule(n=some, place=some)
    def a_report_comes(self, n: int, place: int) -> None:
        self._arrive(n, place)

    @rule(n=some)
    def a_report_opens_a_cluster(self, n: int) -> None:
        self._arrive(n, None)

    # --- people ---

    @rule(chosen=several, n=some, who=some, keep=st.booleans())
    def merge(self, chosen: set[int], n: int, who: int, keep: bool) -> None:
        own = [self._cluster(each) for each in chosen]
        self._do(lambda by: surgery.merge(by, own, into=self._cluster(n), keep_title=keep), who)

    @rule(chosen=several, n=some, who=some, title=st.sampled_from(["", "Something else"]))
    def split(self, chosen: set[int], n: int, who: int, title: str) -> None:
        cluster = self._cluster(n)
        keys = list(cluster.items.order_by("pk").values_list("pk", flat=True))
        picked = {keys[each % len(keys)] for each in chosen} if keys else set()
        self._do(lambda by: surgery.split(by, cluster, picked, title=title), who)

    @rule(chosen=several, n=some, who=some)
    def move(self, chosen: set[int], n: int, who: int) -> None:
        keys = sorted(self.items)
        picked = {keys[each % len(keys)] for each in chosen}
        self._do(lambda by: surgery.move(by, picked, to=self._cluster(n)), who)

    @rule(n=some, who=some, locked=st.booleans())
    def lock(self, n: int, who: int, locked: bool) -> None:
        work = surgery.lock if locked else surgery.unlock
        self._do(lambda by: work(by, self._cluster(n)), who)

    @rule(n=some, who=some)
    def dismiss(self, n: int, who: int) -> None:
        self._do(lambda by: clusters.dismiss(by, self._cluster(n), f"Reason {n}"), who)

    @rule(n=some, who=some)
    def reopen(self, n: int, who: int) -> None:
        self._do(lambda by: clusters.reopen(by, self._cluster(n)), who)

    @rule(n=some, who=some)
    def edit(self, n: int, who: int) -> None:
        self._do(
            lambda by: clusters.edit(by, self._cluster(n), title=f"Title {n}", summary=""), who
        )

    # --- undoing ---

    @precondition(lambda self: self._live())
    @rule(who=some)
    def undo_the_last(self, who: int) -> None:
        self._undo(self._live()[-1], who)

    @precondition(lambda self: self._live())
    @rule(n=some, who=some)
    def undo_any(self, n: int, who: int) -> None:
        self._undo(self._live()[n % len(self._live())], who)

    @precondition(lambda self: self._undone())
    @rule(n=some, who=some)
    def redo_any(self, n: int, who: int) -> None:
        change = self._undone()[n % len(self._undone())]
        self._turn(change, who, surgery.redo, forwards=True)

    @precondition(lambda self: self._live())
    @rule(who=some)
    def undo_everything(self, who: int) -> None:
        """Whatever stands in the way is named, and undoing that first leads to the end."""
        while live := self._live():
            for _ in range(len(live) + 1):
                refusal = self._undo(live[0], who)
                if refusal is None:
                    break
                if "change" not in refusal.extra:  # grouping's own doing, such as a new report
                    return
                live = [ClusterChange.objects.get(pk=refusal.extra["change"])]
            else:
                raise AssertionError("it goes round in circles")

    # --- what always holds ---

    @invariant()
    def every_report_is_in_one_living_cluster(self) -> None:
        rows = FeedbackItem.objects.select_related("cluster")
        assert {item.pk for item in rows} == self.items
        for item in rows:
            assert item.cluster is not None
            assert item.cluster.merged_into_id is None

    @invariant()
    def counts_are_right(self) -> None:
        for cluster in Cluster.objects.all():
            assert cluster.item_count == cluster.items.count()
            named = cluster.items.values("author").distinct().count()
            assert cluster.reporter_count == named
            assert cluster.source_count == cluster.items.values("source").distinct().count()

    @invariant()
    def what_people_placed_is_pinned_and_says_who(self) -> None:
        for item in FeedbackItem.objects.filter(reason__rule="person"):
            assert item.pinned
            change = ClusterChange.objects.get(pk=item.reason["change"])
            assert change.undone_at is None
            assert change.after["items"][str(item.pk)]["cluster"] == item.cluster_id

    @invariant()
    def lessons_are_those_of_what_holds(self) -> None:
        assert not GroupingConstraint.objects.filter(change__undone_at__isnull=False).exists()

    def _do(self, work: Any, who: int) -> None:
        before, known = _snapshot(), set(self.seen)
        try:
            work(self.people[who % 2])
        except AppError:
            assert _snapshot() == before
        for pk in ClusterChange.objects.exclude(pk__in=known).values_list("pk", flat=True):
            self.seen[pk] = (before, _snapshot())

    def _undo(self, change: ClusterChange, who: int) -> Conflict | None:
        return self._turn(change, who, surgery.undo, forwards=False)

    def _turn(
        self, change: ClusterChange, who: int, work: Any, *, forwards: bool
    ) -> Conflict | None:
        now = _snapshot()
        try:
            work(self.people[who % 2], change)
        except Conflict as refusal:
            assert _snapshot() == now
            return refusal
        pair = self.seen[change.pk]
        start, end = pair if forwards else pair[::-1]
        _check(now, start, end)
        return None

    def _live(self) -> list[ClusterChange]:
        return list(ClusterChange.objects.filter(undone_at=None).order_by("pk"))

    def _undone(self) -> list[ClusterChange]:
        return list(ClusterChange.objects.filter(undone_at__isnull=False).order_by("pk"))

    def _cluster(self, n: int) -> Cluster:
        rows = list(Cluster.objects.select_related("project__team").order_by("pk"))
        return rows[n % len(rows)]

    def _arrive(self, n: int, place: int | None) -> None:
        """As grouping does it: into a living cluster, or as the first one of a new one."""
        alive = list(Cluster.objects.filter(merged_into=None).order_by("pk"))
        if place is None or len(alive) < 3:
            cluster = factories.make_cluster(self.project)
        else:
            cluster = alive[place % len(alive)]
        item = factories.make_item(
            self.sources[n % 2],
            external_id=f"report-{len(self.items) + 1}",
            title=f"{TEXTS[n % 4]} since {n}",
            author=f"author-{n % 5}",
            cluster=cluster,
            reason={"rule": "similar", "nearest_item": None, "score": n / 1000},
        )
        self.items.add(item.pk)
        clusters.refresh(cluster)


def _snapshot() -> Snapshot:
    found: Snapshot = {("item", row["id"]): {**row} for row in FeedbackItem.objects.values()}
    for row in Cluster.objects.values():
        found["cluster", row["id"]] = {**row}
    return found


def _check(now: Snapshot, start: Snapshot, end: Snapshot) -> None:
    """Everything that differs between `start` and `end` is as in `end`, all else as it was `now`."""
    then = _snapshot()
    same_reports = _members(then)
    for key in now.keys() | end.keys() | then.keys():
        kind, number = key
        if start.get(key) == end.get(key):
            wanted = now.get(key)
        elif key in end:
            changed = {
                name: value
                for name, value in end[key].items()
                if key not in start or start[key][name] != value
            }
            wanted = {**now.get(key, end[key]), **changed}
        else:
            # What the change had made is there no more, unless new reports live in it.
            wanted = now.get(key) if same_reports.get(number) else None
        got = then.get(key)
        assert (got is None) == (wanted is None), (key, wanted, got)
        if got is None or wanted is None:
            continue
        left_out: set[str] = set() if kind == "item" or _as_then(number, then, end) else DERIVED
        if (
            left_out is not DERIVED
            and kind == "cluster"
            and then[key]["titled_by_person"] != end[key]["titled_by_person"]
        ):
            left_out = DERIVED  # somebody gave it a title since, or took that back
        assert _without(got, left_out) == _without(wanted, left_out), key


def _as_then(cluster: int, then: Snapshot, end: Snapshot) -> bool:
    """Whether it has the same reports as right after (or before) the change."""
    key = ("cluster", cluster)
    return key in end and _members(then).get(cluster) == _members(end).get(cluster)


def _members(snapshot: Snapshot) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for (kind, number), row in snapshot.items():
        if kind == "item":
            found.setdefault(row["cluster_id"], set()).add(number)
    return found


def _without(row: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.timeout(300)
def test_corrections_in_any_order() -> None:
    run_state_machine_as_test(
        SurgeryMachine,
        settings=settings(
            max_examples=15,
            stateful_step_count=20,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
