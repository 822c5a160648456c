"""A project's own threshold, learnt from what its people put together and took apart."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from clusters.embedding.minilm import folder
from clusters.grouping.space import of_few
from clusters.grouping.tuning import Pair, shift_of
from clusters.models import GroupingConstraint, Project

_NEWEST = 2_000  # pairs; what people wanted long ago teaches no more


@transaction.atomic
def retune(project: Project) -> None:
    """Fit the project's shift of the threshold to its people's corrections.

    Kept in `project.grouping`: "shift", "labels" (how many pairs taught it), "at". It holds for
    what is grouped from now on and for the next refinement.
    """
    held = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    rows = (
        GroupingConstraint.objects.filter(project=held, likeness__isnull=False)
        .order_by("-id")
        .values_list("change", "likeness", "together")[:_NEWEST]
    )
    pairs = [Pair(change, like, same) for change, like, same in rows if like is not None]
    held.grouping = {
        **held.grouping,
        "shift": shift_of(pairs, threshold_of(held)),
        "labels": len(pairs),
        "at": timezone.now().isoformat(),
    }
    held.save(update_fields=["grouping"])
    project.grouping = held.grouping


def threshold_of(project: Project) -> float:
    """The threshold that was chosen from the project's reports last, without any shift."""
    chosen = project.grouping.get("threshold")
    if isinstance(chosen, int | float):
        return float(chosen)
    return of_few(meaning=folder() is not None)
