"""Groups found anew in the background, where nobody decided otherwise."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from clusters.grouping.groups import Joined
from clusters.grouping.index import next_point
from clusters.grouping.regroup import WINDOW, Fixed
from clusters.models import Cluster, FeedbackItem, GroupingConstraint, Project
from clusters.services.grouping import embeddings, indexes, settling
from clusters.services.grouping.indexes import Known
from clusters.services.grouping.placing import Placement, similar, tell_words

_SMALL = 200  # items; of fewer, every new one may change what belongs together
_QUICK = 1_000  # items
_EXACT = ("fingerprint", "stack", "linked")


def is_due(project: Project) -> bool:
    """Whether enough was grouped since the last time."""
    with indexes.held(project) as known:
        count, last = len(known.index), _refined(project)
    return count > last and (count < _SMALL or count >= next_point(last))


def is_small(project: Project) -> bool:
    """Whether it takes a moment only."""
    with indexes.held(project) as known:
        return len(known.index) < _QUICK


def refine(project: Project) -> int:
    """Find groups anew for the newest items that nobody placed; how many moved.

    Only clusters change that are new, without a plan, not locked and not named by people. A
    cluster that becomes empty leads to the one that most of its items went to. Nothing happens
    when memberships change meanwhile: the next refinement sees them.
    """
    with indexes.held(project) as known:
        if _renew(project, known):
            indexes.forget(project)
            return refine(project)
        free = _free(project)
        fixed = _fixed(project, known, free)
        moves = known.index.better(fixed)
        placements = _placements(known, moves)
        touched = _settle(project, known, placements, free)
    if touched is None:
        indexes.forget(project)
        return 0
    settling.describe(touched)
    return len(placements)


def _refined(project: Project) -> int:
    count = project.grouping.get("refined", 0)
    return count if isinstance(count, int) else 0


def _renew(project: Project, known: Known) -> bool:
    """Compute the rows of recent reports anew that were edited; whether there were any."""
    edited = FeedbackItem.objects.filter(
        project=project, pk__gte=_oldest(known), revised_at__isnull=False
    ).exclude(cluster=None)
    return bool(embeddings.embed(embeddings.short(edited.order_by("id"))))


def _oldest(known: Known) -> int:
    recent = known.ids[-WINDOW:]
    return recent[0] if recent else 0


def _free(project: Project) -> set[int]:
    """The clusters that items may leave and join: nobody has worked on them yet."""
    found = Cluster.objects.filter(
        project=project,
        status=Cluster.Status.NEW,
        locked=False,
        titled_by_person=False,
        merged_into=None,
        plans=None,
        draftings=None,
        jobs=None,
    )
    return set(found.values_list("pk", flat=True))


def _fixed(project: Project, known: Known, free: Collection[int]) -> Fixed:
    """What people decided, and what is certain anyway."""
    together: list[tuple[int, int]] = []
    apart: list[tuple[int, int]] = []
    for one, other, same in GroupingConstraint.objects.filter(project=project).values_list(
        "one", "other", "together"
    ):
        if one in known.number and other in known.number:
            (together if same else apart).append((known.number[one], known.number[other]))
    recent = FeedbackItem.objects.filter(project=project, pk__gte=_oldest(known))
    pinned = recent.filter(pinned=True).values_list("pk", flat=True)
    return Fixed(
        together=[*together, *_certain(known, recent)],
        apart=apart,
        pinned={known.number[item] for item in pinned if item in known.number},
        free={known.group[cluster] for cluster in free if cluster in known.group},
    )


def _certain(known: Known, recent: Any) -> Iterable[tuple[int, int]]:
    """Pairs that an exact rule put together."""
    for item, reason in recent.filter(reason__rule__in=_EXACT).values_list("pk", "reason"):
        other = reason.get("nearest_item")
        if item in known.number and other in known.number:
            yield known.number[other], known.number[item]


def _placements(known: Known, moves: Mapping[int, int]) -> list[Placement]:
    """The moved items with the reason for their new place. The index holds them there now."""
    known.index.move(moves)
    items = {
        item.pk: item
        for item in embeddings.short(
            FeedbackItem.objects.filter(pk__in=[known.ids[number] for number in moves])
        )
    }
    found = []
    for number, group in moves.items():
        item = items.get(known.ids[number])
        if item is not None:
            found.append(_placement(known, item, number, group))
    tell_words(known, found)
    return found


def _placement(known: Known, item: FeedbackItem, number: int, group: int) -> Placement:
    reason = item.reason
    other = reason.get("nearest_item")
    if (
        reason.get("rule") in _EXACT
        and known.number.get(other) in known.index.groups.members[group]
    ):
        return Placement(item, group, reason["rule"], other, reason.get("score"))
    joined = Joined(group, known.index.average(number, group), known.index.threshold)
    return similar(known, item, joined, known.index.nearest(number, group))


@transaction.atomic
def _settle(
    project: Project, known: Known, placements: list[Placement], free: Collection[int]
) -> dict[int, int] | None:
    held = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if held.membership_version != known.version:
        return None
    held.grouping = {
        **held.grouping,
        "refined": len(known.index),
        "threshold": round(known.index.threshold - known.index.shift, 4),
        "refined_at": timezone.now().isoformat(),
    }
    held.save(update_fields=["grouping"])
    left = {each.item.pk: each.item.cluster_id for each in placements}
    joined = {known.cluster_of(each.group) for each in placements} - {0}
    concerned = {cluster for cluster in left.values() if cluster} | joined
    # Whoever begins work on one of them waits, or has begun and is seen.
    rows = Cluster.objects.select_for_update(no_key=True).filter(pk__in=concerned)
    list(rows.order_by("pk").values_list("pk", flat=True))
    if not concerned <= _free(project) or not concerned <= set(free):
        return None
    fresh = {e.group: e.item for e in placements if not known.cluster_of(e.group)}
    for group, cluster in settling.made(project, fresh).items():
        known.name(group, cluster)
    settling.store(known, placements, regrouped=True)
    touched = settling.counts(concerned | {known.cluster_of(each.group) for each in placements})
    settling.recount(touched)
    _lead_on(known, touched, left, placements)
    if placements:
        settling.touch(project.pk)
        known.version += 1
    return touched


def _lead_on(
    known: Known,
    touched: Iterable[int],
    left: Mapping[int, int | None],
    placements: Iterable[Placement],
) -> None:
    """Clusters without items are dismissed; their addresses lead to where most went."""
    went: dict[int, Counter[int]] = defaultdict(Counter)
    for each in placements:
        if before := left[each.item.pk]:
            went[before][known.cluster_of(each.group)] += 1
    for cluster in Cluster.objects.filter(pk__in=touched, item_count=0):
        cluster.status = Cluster.Status.DISMISSED
        cluster.merged_into_id = went[cluster.pk].most_common(1)[0][0]
        cluster.save(update_fields=["status", "merged_into"])
