"""What people changed about clusters: kept as rows, told in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import F, QuerySet

from clusters.models import Cluster, ClusterChange, Project
from clusters.services.changes import states
from clusters.services.changes.states import Rows, State
from credentials.errors import Conflict
from credentials.models import User
from credentials.services import audit

Kind = ClusterChange.Kind
_TITLE = 80  # characters of a title within a sentence


def begin(user: User, project: Project, kind: str) -> ClusterChange:
    """A change whose number is needed before it is known what it touches."""
    nothing: State = {"items": {}, "clusters": {}}
    return ClusterChange.objects.create(
        project=project, kind=kind, made_by=user, before=nothing, after=nothing
    )


def keep(change: ClusterChange, before: State, after: State, **facts: Any) -> ClusterChange:
    """What it touched. `facts` are what its sentence needs when clusters are called otherwise."""
    change.before, change.after = before, {**after, "facts": facts}
    change.save(update_fields=["before", "after"])
    attach(change)
    return change


def record(
    user: User, project: Project, kind: str, before: State, after: State, **facts: Any
) -> ClusterChange:
    """Keep a change with what it touched; inside the transaction that makes it."""
    return keep(begin(user, project, kind), before, after, **facts)


def attach(change: ClusterChange) -> None:
    """Name the clusters that it is about, as far as they are there."""
    named = states.clusters_of(change.before, change.after)
    change.clusters.set(Cluster.objects.filter(pk__in=named))


def record_fields(
    user: User, kind: str, changed: Mapping[int, Rows], *, verb: str, **facts: Any
) -> ClusterChange | None:
    """Write some fields of clusters of one project and keep that; None when they are so already.

    Inside a transaction that holds the project. `changed` has the fields by cluster as JSON has
    them. Raises Conflict `merged_away` for a cluster that is none any more.
    """
    rows = list(Cluster.objects.select_related("project__team").filter(pk__in=changed))
    for row in rows:
        require_own(row)
    before = {str(row.pk): states.of_cluster(row, changed[row.pk]) for row in rows}
    after = {key: changed[int(key)] for key in before if before[key] != changed[int(key)]}
    if not after:
        return None
    before = {key: before[key] for key in after}
    touched = [row for row in rows if str(row.pk) in after]
    titled = [row.pk for row in touched if "titled_by_person" in changed[row.pk]]
    change = record(
        user,
        touched[0].project,
        kind,
        {"items": {}, "clusters": before, "told": states.told(titled)},
        {"items": {}, "clusters": after},
        **{"title": touched[0].title[:_TITLE], "count": len(touched), **facts},
    )
    for row in touched:
        Cluster.objects.filter(pk=row.pk).update(**changed[row.pk])
        audit.record(
            actor=user, team=row.project.team, verb=verb, target=row, change=change.pk, **facts
        )
    return change


def require_own(cluster: Cluster) -> None:
    """Raises Conflict `merged_away` for a cluster whose reports are in another one."""
    if cluster.merged_into_id is not None:
        raise Conflict(
            "merged_away",
            f"Cluster {cluster.pk} was merged into cluster {cluster.merged_into_id}: look there, or undo that.",
            cluster=cluster.merged_into_id,
        )


def survivor(cluster: Cluster) -> Cluster:
    """Where the reports of a merged cluster are now; a cluster that was not merged is itself."""
    seen = {cluster.pk}
    while cluster.merged_into is not None and cluster.merged_into.pk not in seen:
        cluster = cluster.merged_into
        seen.add(cluster.pk)
    return cluster


def listed(changes: QuerySet[ClusterChange]) -> QuerySet[ClusterChange]:
    """Changes for people to read, newest first: without what was touched, which may be large."""
    light = changes.defer("before", "after").select_related("made_by", "undone_by")
    return light.annotate(facts=F("after__facts")).order_by("-pk")


def newest(user: User, project_ids: list[int]) -> ClusterChange | None:
    """What this person changed last and nobody has undone."""
    mine = ClusterChange.objects.filter(project__in=project_ids, made_by=user, undone_at=None)
    return listed(mine).first()


def facts_of(change: ClusterChange) -> dict[str, Any]:
    """What a change's sentence needs."""
    facts = getattr(change, "facts", None)
    if facts is None:
        facts = change.after.get("facts")
    return facts or {}


def sentence(change: ClusterChange) -> str:
    """What was done: `Merged 3 clusters into “Export hangs”`."""
    facts = facts_of(change)
    title, count = facts.get("title", ""), int(facts.get("count", 0))
    several = f"{count:,} clusters" if count > 1 else f"“{title}”"
    reports = f"{count:,} report{'' if count == 1 else 's'}"
    match change.kind:
        case Kind.MERGE:
            return f"Merged {count} clusters into “{title}”"
        case Kind.SPLIT:
            return f"Split {reports} off “{title}”"
        case Kind.MOVE:
            return f"Moved {reports} to “{title}”"
        case Kind.EDIT:
            renamed = facts.get("to", "")
            return f"Renamed “{title}” to “{renamed}”" if renamed else f"Edited “{title}”"
    reason = f": {facts['reason']}" if facts.get("reason") else ""
    return f"{change.get_kind_display()} {several}{reason}"
