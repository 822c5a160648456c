"""Which other clusters may be the same: for people to look at, never merged by itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import QuerySet

from clusters.embedding.base import cosine
from clusters.embedding.tfidf import TfidfEmbedder
from clusters.embedding.words import spelled
from clusters.models import Cluster, FeedbackItem
from clusters.services import search

_ITEMS = 40  # newest reports whose stored neighbours are looked at
_WORDS = 2  # of the title, searched for together
_LOOKED_AT = 40  # clusters of each kind that are compared
_SUMMARY = 200  # characters of a summary
_ENOUGH = 0.2  # how alike title and summary have to be to be worth a look


@dataclass(frozen=True, slots=True)
class Similar:
    """Another cluster and how alike it is, 0 to 1."""

    cluster: Cluster
    score: float

    @property
    def percent(self) -> int:
        """For people."""
        return round(100 * self.score)


def similar(cluster: Cluster, limit: int = 3) -> list[Similar]:
    """The clusters most like this one: by what grouping has stored, then by title and summary."""
    scores = _stored(cluster)
    if len(scores) < limit:
        scores = _by_words(cluster) | scores
    best = sorted(scores, key=lambda key: (-scores[key], key))[: 2 * limit]
    rows = _open(cluster).in_bulk(best)
    return [Similar(rows[key], scores[key]) for key in best if key in rows][:limit]


def telling(texts: list[str], others: list[str], limit: int = 5) -> list[str]:
    """The words that texts have more often than others do, the most telling first."""
    mine, theirs = (
        Counter(word for text in part for word in spelled(text)) for part in (texts, others)
    )
    spelling = {key: word for text in reversed(texts) for key, word in spelled(text).items()}
    lead = {
        key: count / max(1, len(texts)) - theirs[key] / max(1, len(others))
        for key, count in mine.items()
    }
    best = sorted(lead, key=lambda key: (-lead[key], key))
    return [spelling[key] for key in best[:limit] if lead[key] > 0]


def _open(cluster: Cluster) -> QuerySet[Cluster]:
    return Cluster.objects.filter(project=cluster.project_id, rank__gt=0).exclude(pk=cluster.pk)


def _stored(cluster: Cluster) -> dict[int, float]:
    """Clusters of the nearest reports that grouping found elsewhere."""
    reasons = (
        FeedbackItem.objects.filter(cluster=cluster)
        .order_by("-seen_at", "-id")
        .values_list("reason", flat=True)[:_ITEMS]
    )
    near: dict[int, float] = {}
    for reason in reasons:
        item, score = (reason or {}).get("nearest_item"), (reason or {}).get("score")
        if isinstance(item, int) and isinstance(score, int | float):
            near[item] = max(near.get(item, 0.0), float(score))
    places = FeedbackItem.objects.filter(pk__in=near, project=cluster.project_id).exclude(
        cluster=cluster
    )
    found: dict[int, float] = {}
    for item, place in places.values_list("pk", "cluster"):
        if place is not None:
            found[place] = max(found.get(place, 0.0), near[item])
    return found


def _by_words(cluster: Cluster) -> dict[int, float]:
    """Of those that have the title's most telling words and those that hurt most."""
    words = sorted(set(spelled(cluster.title).values()), key=lambda word: (-len(word), word))
    found = search.matching(" ".join(words[:_WORDS]), [cluster.project_id]) or []
    rows = _open(cluster).only("pk", "title", "summary")
    newest = rows.filter(pk__in=sorted(found)[-_LOOKED_AT:])
    others = {row.pk: row for row in newest}
    others |= {row.pk: row for row in rows.order_by("-rank", "-impact", "-id")[:_LOOKED_AT]}
    texts = [_text(each) for each in (cluster, *others.values())]
    own, *vectors = TfidfEmbedder().embed(texts)
    scores = {key: cosine(own, vector) for key, vector in zip(others, vectors, strict=True)}
    return {key: round(score, 3) for key, score in scores.items() if score >= _ENOUGH}


def _text(cluster: Cluster) -> str:
    """The title counts twice: it says what the summary is about."""
    return f"{cluster.title}\n{cluster.title}\n{cluster.summary[:_SUMMARY]}"
