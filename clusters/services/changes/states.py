"""What a change of people's touches: read before it, written by it, put back by undoing it.

A state is {"items": {id: fields}, "clusters": {id: fields, or None where there is no such cluster},
"told": {id: description}}. Only what was touched is in it. Doing, undoing and doing again are the
same step from one state to another: it begins only when everything still is as the first one says.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils.dateparse import parse_datetime

from clusters.models import Cluster, FeedbackItem, Project
from credentials.errors import Conflict

State = dict[str, Any]
Rows = dict[str, Any]

LIMIT = 10_000  # reports that one change touches
# What a cluster says about its reports: put back only while it has the same ones as then.
TOLD = ("title", "summary", "summary_quotes", "described_by", "coherence")
_MADE = ("title", "summary", "titled_by_person", "status", "created_at", "locked")
_AT_ONCE = 500  # ids of one statement
_FEW = 20  # kinds of values that are written one statement each


@dataclass(slots=True)
class Differences:
    """What is not as a state says: ids of items, and fields of clusters by id."""

    items: list[int] = field(default_factory=list)
    clusters: dict[int, list[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.items or self.clusters)


def hold(project_id: int) -> Project:
    """Nobody else changes what belongs to which cluster until the transaction ends."""
    return Project.objects.select_for_update(no_key=True).get(pk=project_id)


def busy(ids: Collection[int]) -> Cluster | None:
    """One of these clusters that somebody works on; no job begins on any until the transaction ends."""
    held = Cluster.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    keys = list(held.values_list("pk", flat=True))
    works = Q(status=Cluster.Status.FIXING) | Q(jobs__isnull=False, jobs__finished_at=None)
    return Cluster.objects.filter(works, pk__in=keys).first()


def of_items(ids: Collection[int]) -> Rows:
    """Where items are, and why."""
    found: Rows = {}
    for part in _parts(list(ids)):
        rows = FeedbackItem.objects.filter(pk__in=part)
        for pk, cluster, reason, pinned in rows.values_list("pk", "cluster", "reason", "pinned"):
            found[str(pk)] = {"cluster": cluster, "reason": reason, "pinned": pinned}
    return found


def of_cluster(cluster: Cluster, fields: Iterable[str]) -> Rows:
    """Some fields of a cluster as JSON has them; a relation by its id."""
    return {name: _plain(getattr(cluster, _column(name))) for name in fields}


def made(cluster: Cluster) -> Rows:
    """What it takes to make a cluster again."""
    return of_cluster(cluster, _MADE)


def told(ids: Iterable[int]) -> Rows:
    """How clusters are described now, and by which reports."""
    rows = Cluster.objects.filter(pk__in=ids)
    return {str(row.pk): {**of_cluster(row, TOLD), "members": _members(row)} for row in rows}


def clusters_of(*states: State) -> set[int]:
    """The ids of all clusters that states name."""
    named = {int(key) for state in states for key in state["clusters"]}
    places = {row["cluster"] for state in states for row in state["items"].values()}
    return named | {place for place in places if place is not None}


def differences(state: State, other: State) -> Differences:
    """What is not as the state says. Reports that are gone for good do not count.

    Nor do clusters that are not in the `other` state at all: they have a life of their own.
    """
    found = Differences()
    now = of_items([int(key) for key in state["items"]])
    for key, row in now.items():
        if _mark(row) != _mark(state["items"][key]):
            found.items.append(int(key))
    rows = Cluster.objects.in_bulk([int(key) for key in state["clusters"]])
    for key, fields in state["clusters"].items():
        if fields is None or other["clusters"].get(key) is None:
            continue
        row = rows.get(int(key))
        now_fields = of_cluster(row, fields) if row else {}
        if wrong := [name for name in fields if now_fields.get(name) != fields[name]]:
            found.clusters[int(key)] = wrong
    return found


def write(project_id: int, before: State, after: State) -> set[int]:
    """Bring everything from one state to another; the clusters whose reports changed.

    The caller holds the project and has seen that nothing differs from `before`. Raises Conflict
    when a report would get lost: its cluster is merged away, or a merged one has new reports.
    """
    for key, fields in after["clusters"].items():
        if fields is not None and before["clusters"].get(key) is None:
            _make(project_id, int(key), fields)
    places = {row["cluster"] for row in after["items"].values()}
    _write_items(before["items"], after["items"])
    for key, fields in after["clusters"].items():
        if fields is not None and before["clusters"].get(key) is not None:
            Cluster.objects.filter(pk=int(key)).update(**_columns(fields))
    _open_places(places - {None})
    changed = {row["cluster"] for state in (before, after) for row in state["items"].values()}
    _close_merged(after, changed)
    for key, fields in after["clusters"].items():
        if fields is None:
            _unmake(int(key), _home(before, after))
    alive = Cluster.objects.filter(pk__in=changed - {None})
    return set(alive.values_list("pk", flat=True))


def tell_again(told: Rows) -> None:
    """Put descriptions back where nobody wrote one and no report came or went since."""
    for cluster in Cluster.objects.filter(pk__in=[int(key) for key in told]):
        before = told[str(cluster.pk)]
        if not cluster.titled_by_person and _members(cluster) == before["members"]:
            rows = Cluster.objects.filter(pk=cluster.pk)
            rows.update(**{name: before[name] for name in TOLD}, item_count=before["members"][0])


def empty(ids: Iterable[int]) -> None:
    """Clusters without reports count none; what they were called stays."""
    Cluster.objects.filter(pk__in=ids).update(
        item_count=0, reporter_count=0, source_count=0, first_seen=None, last_seen=None
    )


def _members(cluster: Cluster) -> list[int]:
    """Says whether it has the same reports, without all of their ids."""
    found = cluster.items.aggregate(count=Count("pk"), total=Sum("pk"))
    return [found["count"], int(found["total"] or 0)]  # PostgreSQL adds up to a Decimal


def _mark(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What makes a place of an item its own: a later change puts its number into the reason."""
    return row["cluster"], row["pinned"], (row["reason"] or {}).get("change")


def _make(project_id: int, key: int, fields: Rows) -> None:
    """As it was; one that lives on, since new reports came to it, stays as it is."""
    values = _columns(fields)
    rows = Cluster.objects.filter(pk=key)
    if not rows.exists():
        Cluster.objects.create(pk=key, project_id=project_id, **values)
    rows.filter(merged_into__isnull=False).update(**values, merged_into=None)


def _home(before: State, after: State) -> int | None:
    """Where the reports of a cluster go that is made no more."""
    gone = {int(key) for key, fields in after["clusters"].items() if fields is None}
    for key, row in before["items"].items():
        if row["cluster"] in gone and key in after["items"]:
            place: int | None = after["items"][key]["cluster"]
            return place
    return None


def _unmake(key: int, home: int | None) -> None:
    """Away with it, unless something hangs on it; then it leads to where its reports went."""
    cluster = Cluster.objects.filter(pk=key).first()
    if cluster is None or cluster.items.exists():
        return
    kept = cluster.plans.exists() or cluster.jobs.exists() or cluster.absorbed.exists()
    if not kept:
        cluster.delete()
        return
    empty([key])
    Cluster.objects.filter(pk=key).update(
        status=Cluster.Status.DISMISSED, dismissed_reason="", merged_into=home
    )


def _open_places(places: Collection[int]) -> None:
    """Reports go to clusters that are there.

    One that grouping has emptied and closed meanwhile lives again; one that people merged away
    does not, as they would not see what they had done.
    """
    rows = Cluster.objects.filter(pk__in=places)
    closed = list(rows.filter(merged_into__isnull=False))
    if rows.count() != len(places) or any(_merged_by_people(each) for each in closed):
        raise Conflict(
            "changed_since",
            "The cluster that reports would go to is not there any more: it was merged, or what made it was undone.",
        )
    for each in closed:
        each.merged_into = None
        each.status = Cluster.Status.PLANNED if each.plans.exists() else Cluster.Status.NEW
        each.save(update_fields=["merged_into", "status"])


def _merged_by_people(cluster: Cluster) -> bool:
    done = cluster.changes.filter(undone_at=None).values_list("after__clusters", flat=True)
    return any((row.get(str(cluster.pk)) or {}).get("merged_into") for row in done)


def _close_merged(after: State, changed: Collection[int | None]) -> None:
    """A cluster that is merged away has no report of its own."""
    merged = [int(key) for key, row in after["clusters"].items() if row and row.get("merged_into")]
    left = FeedbackItem.objects.filter(cluster__in=merged).values_list("cluster__title", flat=True)
    if title := left.first():
        raise Conflict(
            "changed_since",
            f"New reports came to “{title}” in the meantime: do it anew, with them in view.",
        )
    empty(merged)


def _write_items(before: Rows, after: Rows) -> None:
    groups: dict[tuple[int | None, str], list[int]] = defaultdict(list)
    for key, row in after.items():
        groups[before[key]["cluster"], json.dumps(row, sort_keys=True)].append(int(key))
    if len(groups) <= _FEW:
        for (place, text), ids in groups.items():
            _put(place, ids, json.loads(text))
        return
    there = {pk for ids in _parts([int(key) for key in after]) for pk in _present(ids)}
    by_place: dict[int | None, list[FeedbackItem]] = defaultdict(list)
    for key, row in after.items():
        if int(key) in there:
            item = FeedbackItem(pk=int(key), reason=row["reason"], pinned=row["pinned"])
            item.cluster_id = row["cluster"]
            by_place[before[key]["cluster"]].append(item)
    for place, items in by_place.items():
        rows = FeedbackItem.objects.filter(_at(place))
        written = rows.bulk_update(items, ["cluster", "reason", "pinned"], batch_size=_AT_ONCE)
        _require(written == len(items))


def _put(place: int | None, ids: Sequence[int], row: Mapping[str, Any]) -> None:
    for part in _parts(ids):
        there = FeedbackItem.objects.filter(pk__in=part).count()
        rows = FeedbackItem.objects.filter(_at(place), pk__in=part)
        written = rows.update(cluster_id=row["cluster"], reason=row["reason"], pinned=row["pinned"])
        _require(written == there)


def _at(place: int | None) -> Q:
    return Q(cluster__isnull=True) if place is None else Q(cluster=place)


def _present(ids: Sequence[int]) -> list[int]:
    return list(FeedbackItem.objects.filter(pk__in=ids).values_list("pk", flat=True))


def _require(written: bool) -> None:
    if not written:
        raise Conflict("changed_since", "Somebody moved these reports in the meantime: look again.")


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]


def _column(name: str) -> str:
    return "merged_into_id" if name == "merged_into" else name


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _columns(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        _column(name): parse_datetime(value) if value and name.endswith("_at") else value
        for name, value in fields.items()
    }
