"""The index of each project in a worker's memory: made of stored rows, caught up, thrown away.

Nothing is lost with it: another one, made anew, decides the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import RLock

from clusters.embedding.kept import Kept, unpack
from clusters.grouping.groups import Bound
from clusters.grouping.index import Index
from clusters.models import Cluster, Embedding, FeedbackItem, Project
from clusters.services.grouping import embeddings

# Bytes for the indexes of one process; 100,000 items take about 250 million. The one in use may
# be larger than this.
MEMORY = 512_000_000
OPEN = (Cluster.Status.NEW, Cluster.Status.PLANNED, Cluster.Status.FIXING, Cluster.Status.PR_OPENED)
_CATCH_UP = 5_000  # newest items of open clusters whose rows are computed when there are none
_READ = 5_000  # rows read at once


class Known:
    """A project's index, with the ids of its items and clusters.

    `ids` are the items' by number, `clusters` the clusters' by group: 0 for a group that is not
    stored yet.
    """

    def __init__(self, project: Project, *, meaning: bool) -> None:
        self.index = Index(meaning=meaning, shift=shift_of(project))
        self.ids: list[int] = []
        self.number: dict[int, int] = {}
        self.clusters: list[int] = []
        self.group: dict[int, int] = {}
        self.version = project.membership_version
        self._meaning = meaning

    def group_of(self, cluster_id: int) -> int:
        """The group of a cluster, an empty one when none of its items is here."""
        if cluster_id not in self.group:
            while len(self.clusters) < len(self.index.groups):
                self.clusters.append(0)
            self.group[cluster_id] = self.index.groups.open(self.index.width)
            self.clusters.append(cluster_id)
        return self.group[cluster_id]

    def cluster_of(self, group: int) -> int:
        """The cluster of a group; 0 for none yet."""
        return self.clusters[group] if group < len(self.clusters) else 0

    def name(self, group: int, cluster_id: int) -> None:
        """A group's cluster was made."""
        self.clusters += [0] * (group + 1 - len(self.clusters))
        self.clusters[group] = cluster_id
        self.group[cluster_id] = group

    def read(self, rows: Iterable[bytes]) -> Kept:
        """Rows as they are stored."""
        return unpack(rows, meaning=self._meaning)

    def count_in(self, ids: Sequence[int]) -> None:
        """The next items were added to the index."""
        for item_id in ids:
            self.number[item_id] = len(self.ids)
            self.ids.append(item_id)

    def close_all_but(self, open_clusters: set[int]) -> None:
        """Nothing joins any other cluster by likeness."""
        self.index.groups.close(
            group
            for group, cluster in enumerate(self.clusters)
            if cluster and cluster not in open_clusters
        )


_kept: OrderedDict[tuple[int, datetime], Known] = OrderedDict()
_lock = RLock()  # threads of one worker; other workers have indexes of their own


@contextmanager
def held(project: Project) -> Iterator[Known]:
    """The project's index as memberships are now, for nobody else in this process meanwhile.

    Without success it is thrown away: it may hold what was never stored.
    """
    with _lock:
        known = _caught_up(project)
        try:
            yield known
        except BaseException:
            forget(project)
            raise
        _kept.pop(_key(project), None)
        _kept[_key(project)] = known
        while len(_kept) > 1 and sum(each.index.nbytes for each in _kept.values()) > MEMORY:
            _kept.popitem(last=False)


def forget(project: Project) -> None:
    """Throw a project's index away; the next one is made anew."""
    with _lock:
        _kept.pop(_key(project), None)


def clear() -> None:
    """Throw all indexes away."""
    with _lock:
        _kept.clear()


def shift_of(project: Project) -> float:
    """What this project's corrections add to its threshold."""
    shift = project.grouping.get("shift", 0.0)
    return float(shift) if isinstance(shift, int | float) else 0.0


def _key(project: Project) -> tuple[int, datetime]:
    return project.pk, project.created_at


def _caught_up(project: Project) -> Known:
    project.refresh_from_db(fields=["membership_version", "grouping"])
    known = _kept.get(_key(project))
    if known is not None and known.version != project.membership_version:
        known = known if _reload(known, project) else None
    if known is None:
        known = _made(project)
    known.index.shift = shift_of(project)
    known.version = project.membership_version
    return known


def _made(project: Project) -> Known:
    _compute_missing(project)
    known = Known(project, meaning=embeddings.has_meaning())
    of = _memberships(project)
    rows = _rows(sorted(of), project)
    if not rows:
        return known
    clusters = sorted({of[item] for item in rows})
    known.clusters = clusters
    known.group = {cluster: group for group, cluster in enumerate(clusters)}
    kept = known.read(rows.values())
    groups = [known.group[of[item]] for item in rows]
    known.index.load(kept.dense, kept.words, groups, len(clusters))
    known.count_in(list(rows))
    return known


def _compute_missing(project: Project) -> None:
    """Rows for items that were grouped before rows were kept, or with another encoder."""
    newest = FeedbackItem.objects.filter(project=project, cluster__status__in=OPEN).exclude(
        embedding__model=embeddings.model()
    )
    embeddings.embed(embeddings.short(newest.order_by("-id")[:_CATCH_UP]))


def _memberships(project: Project) -> dict[int, int]:
    """The cluster of each item that has a row of this encoder's."""
    rows = FeedbackItem.objects.filter(
        cluster__project=project, embedding__model=embeddings.model()
    )
    return dict(rows.order_by().values_list("id", "cluster_id"))


def _rows(ids: Sequence[int], project: Project) -> dict[int, bytes]:
    """The stored rows of those of these items that are still there, in order."""
    if not ids:
        return {}
    wanted = set(ids)
    rows = Embedding.objects.filter(
        item__project=project, item__gte=ids[0], item__lte=ids[-1], model=embeddings.model()
    )
    found = rows.order_by("item").values_list("item_id", "vector").iterator(chunk_size=_READ)
    return {item: bytes(vector) for item, vector in found if item in wanted}


def _reload(known: Known, project: Project) -> bool:
    """Take over what changed elsewhere; False when the index has to be made anew."""
    of = _memberships(project)
    if any(item not in of for item in known.ids):
        return False
    changes: dict[int, int] = {}
    for number, item in enumerate(known.ids):
        group = known.group_of(of[item])
        if known.index.groups.of[number] != group:
            changes[number] = group
    known.index.move(changes)
    fresh = _rows(sorted(of.keys() - known.number.keys()), project)
    if fresh:
        kept = known.read(fresh.values())
        bound = [Bound(group=known.group_of(of[item])) for item in fresh]
        known.index.add(kept.dense, kept.words, bound)
        known.count_in(list(fresh))
    return True
