"""What reports mean, computed once on a worker and kept. Never called in a web process."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.db.models import QuerySet
from django.db.models.functions import Left

from clusters.cleaning.forms import shared_lines
from clusters.cleaning.report import for_comparing
from clusters.embedding.dense import encoder
from clusters.embedding.kept import name_of, pack
from clusters.models import Embedding, FeedbackItem

READ = 10_000  # characters of a report's body
_FORMS = 200  # newest reports, in whose lines the project's forms show
_AT_ONCE = 256
_STORED = 500


def model() -> str:
    """What computes here, with its version: what another one computed is not compared with it."""
    return name_of(encoder())


def has_meaning() -> bool:
    """Whether the encoder is there; else words alone are compared."""
    return encoder() is not None


def short(rows: QuerySet[FeedbackItem]) -> list[FeedbackItem]:
    """These items with no more of their bodies than is compared. Not to be saved."""
    found: list[FeedbackItem] = list(
        rows.annotate(start=Left("body", READ))
        .select_related("source")
        .defer("body", "trace", "metadata")
    )
    for item in found:
        item.body = item.start  # type: ignore[attr-defined]  # the annotation
    return found


def embed(items: Sequence[FeedbackItem]) -> int:
    """Compute and store what is missing or stale of items of one project; how many that were."""
    known = {
        row.item_id: row.digest
        for row in Embedding.objects.filter(
            item__in=[item.pk for item in items], model=model()
        ).only("digest")
    }
    stale = [item for item in items if known.get(item.pk) != digest_of(item)]
    if stale:
        shared = forms_of(stale[0].project_id)
        for start in range(0, len(stale), _AT_ONCE):
            _compute(stale[start : start + _AT_ONCE], shared)
    return len(stale)


def text_of(item: FeedbackItem, shared: frozenset[str] = frozenset()) -> str:
    """What is compared of a report."""
    return for_comparing(item.title, item.body[:READ], shared)


def digest_of(item: FeedbackItem) -> str:
    """A mark of what a report says now."""
    said = f"{item.title}\n{item.body[:READ]}"
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def forms_of(project_id: int) -> frozenset[str]:
    """The lines that most of a project's newest reports share."""
    newest = FeedbackItem.objects.filter(project=project_id).order_by("-id")
    bodies = newest.annotate(start=Left("body", READ)).values_list("start", flat=True)[:_FORMS]
    return shared_lines([body for body in bodies if body])


def _compute(items: Sequence[FeedbackItem], shared: frozenset[str]) -> None:
    rows = pack([text_of(item, shared) for item in items], encoder())
    name = model()
    Embedding.objects.bulk_create(
        [
            Embedding(item_id=item.pk, model=name, digest=digest_of(item), vector=row)
            for item, row in zip(items, rows, strict=True)
        ],
        batch_size=_STORED,
        update_conflicts=True,
        unique_fields=["item"],
        update_fields=["model", "digest", "vector"],
    )
