"""People's corrections of clusters: merged, split, moved, locked. Each can be undone.

What a change touched is kept as it was before and after it (`states`), teaches grouping
(`lessons`), and is put back by `undoing`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import transaction

from clusters.models import Cluster, ClusterChange, FeedbackItem, Project
from clusters.services import changes, grouping
from clusters.services.changes import Kind, states
from clusters.services.changes.states import LIMIT, Rows
from clusters.services.clusters import refresh
from clusters.services.grouping import coherence
from clusters.services.surgery import lessons
from credentials.errors import Conflict, Invalid, NotFound
from credentials.models import User
from credentials.services import audit, teams

MOST_CLUSTERS = 200  # merged at once


@transaction.atomic
def merge(
    user: User, clusters: Sequence[Cluster], *, into: Cluster, keep_title: bool = False
) -> ClusterChange:
    """All reports of `clusters` go to `into`, which stays; the others lead there from now on.

    Their plans, jobs and pull requests stay where they are. `keep_title`: people chose the title,
    and later reports do not change it. Raises Invalid, Conflict `merged_away` and `job_running`.
    """
    project = _hold(user, into)
    others = _others(project, clusters, into)
    survivor = Cluster.objects.get(pk=into.pk)
    changes.require_own(survivor)
    _require_idle([other.pk for other in others])
    ids = _ids(FeedbackItem.objects.filter(cluster__in=others))
    fields = {str(other.pk): _merged_away(other, into.pk) for other in others}
    if keep_title and not survivor.titled_by_person:
        fields[str(into.pk)] = {"titled_by_person": True, "title": survivor.title}
    change = changes.begin(user, project, Kind.MERGE)
    before = _before(ids, fields)
    after = {"items": _placed(ids, into.pk, user, change), "clusters": fields}
    facts = {"title": survivor.title, "count": len(others) + 1, "cluster": into.pk}
    _carry_out(change, before, after, **facts)
    return _tell(user, change, "cluster.merged", into, [other.pk for other in others])


@transaction.atomic
def split(
    user: User, cluster: Cluster, item_ids: Collection[int], *, title: str = ""
) -> ClusterChange:
    """The chosen reports become a cluster of their own, with this title or one of their words.

    Grouping keeps both sides apart from now on. Raises Invalid for no report, for every report,
    and for one of another cluster.
    """
    project = _hold(user, cluster)
    parent = Cluster.objects.get(pk=cluster.pk)
    changes.require_own(parent)
    ids = _chosen(item_ids)
    rest = _ids(FeedbackItem.objects.filter(cluster=parent).exclude(pk__in=ids), limited=False)
    if FeedbackItem.objects.filter(pk__in=ids, cluster=parent).count() != len(ids):
        raise Invalid("not_in_cluster", "Some of these reports are not in this cluster any more.")
    if not rest:
        raise Invalid(
            "nothing_left", "These are all of its reports: leave at least one in the cluster."
        )
    title = title.replace("\0", "").strip()[:300]
    fresh = Cluster.objects.create(
        project=project, title=title or "New", titled_by_person=bool(title)
    )
    change = changes.begin(user, project, Kind.SPLIT)
    placed = _placed(ids, fresh.pk, user, change)
    # Who split them has seen the others, too; of very many, only the telling pairs are kept apart.
    stay = rest if len(rest) <= LIMIT else []
    now = states.of_items([*ids, *stay])
    pinned = {
        str(pk): {**now[str(pk)], "pinned": True} for pk in stay if not now[str(pk)]["pinned"]
    }
    items = {**pinned, **placed}
    before = {
        "items": {key: now[key] for key in items},
        "clusters": {str(fresh.pk): None},
        "told": states.told([parent.pk]),
    }
    after = {"items": items, "clusters": {str(fresh.pk): states.made(fresh)}}
    facts = {"title": parent.title, "count": len(ids), "cluster": fresh.pk, "from": [parent.pk]}
    _carry_out(change, before, after, **facts)
    return _tell(user, change, "cluster.split", parent, [fresh.pk])


@transaction.atomic
def move(user: User, item_ids: Collection[int], *, to: Cluster) -> ClusterChange:
    """Reports go to another cluster of their project; a cluster that they leave empty leads there.

    Raises NotFound for reports of elsewhere, Invalid when all are there already, Conflict
    `not_grouped` for reports that wait for their cluster, `merged_away` and `job_running`.
    """
    project = _hold(user, to)
    target = Cluster.objects.get(pk=to.pk)
    changes.require_own(target)
    ids = _chosen(item_ids)
    now = states.of_items(_ids(FeedbackItem.objects.filter(pk__in=ids, project=project)))
    if len(now) != len(ids):
        raise NotFound("report_unknown", "Some of these reports are not in this project.")
    if any(row["cluster"] is None for row in now.values()):
        raise Conflict("not_grouped", "These reports still wait to be grouped: try again soon.")
    now = {key: row for key, row in now.items() if row["cluster"] != to.pk}
    if not now:
        raise Invalid("nothing_to_move", "These reports are in that cluster already.")
    left = sorted({row["cluster"] for row in now.values()})
    emptied = _emptied(left, now)
    _require_idle([cluster.pk for cluster in emptied])
    fields = {str(cluster.pk): _merged_away(cluster, to.pk) for cluster in emptied}
    change = changes.begin(user, project, Kind.MOVE)
    before = _before([int(key) for key in now], fields, also=[to.pk, *left])
    after = {
        "items": _placed([int(key) for key in now], to.pk, user, change),
        "clusters": fields,
    }
    facts = {"title": target.title, "count": len(now), "cluster": to.pk, "from": left}
    _carry_out(change, before, after, **facts)
    return _tell(user, change, "cluster.moved", to, left)


def lock(user: User, cluster: Cluster) -> ClusterChange | None:
    """Nothing joins it by likeness, nothing leaves it by itself; None when it is so already."""
    return lock_all(user, [cluster], locked=True)


def unlock(user: User, cluster: Cluster) -> ClusterChange | None:
    """Open to new reports again; None when it is so already."""
    return lock_all(user, [cluster], locked=False)


@transaction.atomic
def lock_all(user: User, clusters: Sequence[Cluster], *, locked: bool) -> ClusterChange | None:
    """Lock or unlock clusters of one project; None when all of them are so already."""
    project = _hold(user, clusters[0])
    rows = Cluster.objects.filter(project=project, pk__in=[cluster.pk for cluster in clusters])
    of = {row.pk: {"locked": locked} for row in rows}
    kind = Kind.LOCK if locked else Kind.UNLOCK
    change = changes.record_fields(
        user, kind, of, verb="cluster.locked" if locked else "cluster.unlocked"
    )
    for cluster in clusters:
        cluster.locked = locked
    return change


def _hold(user: User, cluster: Cluster) -> Project:
    teams.require_writer(user, cluster.project.team)
    return states.hold(cluster.project_id)


def _others(project: Project, clusters: Sequence[Cluster], into: Cluster) -> list[Cluster]:
    wanted = {cluster.pk for cluster in clusters} - {into.pk}
    if not wanted:
        raise Invalid("nothing_to_merge", "It takes two clusters to merge: choose another one.")
    if len(wanted) > MOST_CLUSTERS:
        raise Invalid("too_many", f"At most {MOST_CLUSTERS} clusters are merged at once.")
    rows = Cluster.objects.select_for_update(no_key=True).filter(pk__in=wanted, project=project)
    others = list(rows.order_by("pk"))
    if len(others) != len(wanted):
        raise Invalid("other_project", "Clusters of different projects cannot be merged.")
    for other in others:
        changes.require_own(other)
    return others


def _merged_away(cluster: Cluster, into: int) -> Rows:
    return {"status": "dismissed", "dismissed_reason": "", "merged_into": into}


def _emptied(left: Sequence[int], moved: Mapping[str, Rows]) -> list[Cluster]:
    """The clusters that have no other reports than the moved ones."""
    counts: dict[int, int] = {}
    for row in moved.values():
        counts[row["cluster"]] = counts.get(row["cluster"], 0) + 1
    return [
        cluster for cluster in Cluster.objects.filter(pk__in=left)
        if cluster.items.count() == counts[cluster.pk]
    ]  # fmt: skip


def _require_idle(ids: Sequence[int]) -> None:
    """Raises Conflict `job_running` for clusters that somebody works on."""
    if busy := states.busy(ids):
        raise Conflict(
            "job_running",
            f"A job works on “{busy.title}”: merge into that one, or cancel the job first.",
            cluster=busy.pk,
        )


def _chosen(item_ids: Collection[int]) -> list[int]:
    ids = sorted(set(item_ids))
    if not ids:
        raise Invalid("nothing_chosen", "Choose at least one report.")
    _require_few(len(ids))
    return ids


def _ids(rows: Any, *, limited: bool = True) -> list[int]:
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[: LIMIT + 1])
    if limited:
        _require_few(len(ids))
    return ids


def _require_few(count: int) -> None:
    if count > LIMIT:
        raise Invalid(
            "too_many", f"At most {LIMIT:,} reports change at once: take them in several parts."
        )


def _placed(ids: Sequence[int], place: int, user: User, change: ClusterChange) -> Rows:
    reason = {
        "rule": "person", "by": user.username, "change": change.pk,
        "nearest_item": None, "score": None, "shared_words": [],
    }  # fmt: skip
    return {str(pk): {"cluster": place, "reason": reason, "pinned": True} for pk in ids}


def _before(
    ids: Sequence[int], fields: Mapping[str, Rows], also: Collection[int] = ()
) -> dict[str, Any]:
    """How it is now: the reports, and the fields that will be touched."""
    items = states.of_items(ids)
    rows = Cluster.objects.in_bulk([int(key) for key in fields])
    clusters = {key: states.of_cluster(rows[int(key)], fields[key]) for key in fields}
    places = {row["cluster"] for row in items.values()} | {int(key) for key in fields} | {*also}
    return {"items": items, "clusters": clusters, "told": states.told(places)}


def _carry_out(
    change: ClusterChange, before: states.State, after: states.State, **facts: Any
) -> None:
    """Write it, count and describe what changed, keep it, learn from it."""
    project = change.project
    places = {row["cluster"] for row in after["items"].values()}
    before["told"] |= states.told(places - {int(key) for key in before["told"]})
    changed = states.write(project.pk, before, after)
    merged = {int(key) for key, row in after["clusters"].items() if row.get("merged_into")}
    for cluster in Cluster.objects.filter(pk__in=changed - merged):
        refresh(cluster)
        coherence.ask(cluster.pk, cluster.item_count, {})
    Cluster.objects.filter(pk__in=changed - merged).update(coherence={})
    after["told"] = states.told(changed - merged)
    changes.keep(change, before, after, **facts)
    lessons.learn(change)
    grouping.touch(project.pk)


def _tell(
    user: User, change: ClusterChange, verb: str, target: Cluster, others: Sequence[int]
) -> ClusterChange:
    audit.record(
        actor=user,
        team=change.project.team,
        verb=verb,
        target=target,
        change=change.pk,
        clusters=list(others),
        count=changes.facts_of(change)["count"],
    )
    return change
