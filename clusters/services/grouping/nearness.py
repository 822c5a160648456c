"""How alike a project's reports are, by stored rows: cheap enough for a web process.

Scaled by a sample of the project's reports: nearly as the worker's index sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from clusters.embedding.kept import unpack
from clusters.embedding.minilm import Floats
from clusters.grouping.space import Space
from clusters.models import Embedding

_SAMPLE = 1_000  # newest reports


def likeness(one: int, other: int) -> float | None:
    """How alike two items of one project are, as grouping sees them; None when it is not known."""
    found = rows_of([one, other])
    if one not in found or other not in found:
        return None
    return float(found[one] @ found[other])


def rows_of(items: Sequence[int]) -> dict[int, Floats]:
    """The rows of those of these items, all of one project, whose meaning is stored."""
    stored = list(
        Embedding.objects.filter(item__in=items).values_list(
            "item", "item__project", "model", "vector"
        )
    )
    if not stored:
        return {}
    _, project, model, _ = stored[0]
    same = [row for row in stored if row[1:3] == (project, model)]
    kept = unpack((row[3] for row in same), meaning=has_meaning(model))
    rows = _space(project, model, *_newest(project, model)).rows(kept.dense, kept.words)
    return {row[0]: vector for row, vector in zip(same, rows, strict=True)}


def has_meaning(model: str) -> bool:
    """Whether rows of this encoder hold more than words."""
    return not model.startswith("words-")


def _newest(project: int, model: str) -> tuple[int, str]:
    """What changes with the sample."""
    rows = Embedding.objects.filter(item__project=project, model=model)
    newest = rows.order_by("-item").values_list("item", "digest").first()
    return newest or (0, "")


@lru_cache(maxsize=8)
def _space(project: int, model: str, newest: int, digest: str) -> Space:
    rows = Embedding.objects.filter(item__project=project, model=model, item__lte=newest)
    sample = rows.order_by("-item").values_list("vector", flat=True)[:_SAMPLE]
    kept = unpack(sample, meaning=has_meaning(model))
    return Space(kept.dense, kept.words)
