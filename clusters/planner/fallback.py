"""A plan in any case: the model's, or else the one from the evidence, and why."""

from __future__ import annotations

from collections.abc import Sequence

from clusters.planner.base import (
    ClusterEvidence,
    Drafted,
    Heard,
    Planner,
    PlannerError,
    SourceFile,
    nobody,
)


def draft_with_fallback(
    planner: Planner | None,
    evidence_planner: Planner,
    cluster: ClusterEvidence,
    files: Sequence[SourceFile],
    heard: Heard = nobody,
) -> tuple[Drafted, str, str]:
    """The plan, who made it, and a sentence for the page if the model failed (else empty)."""
    if planner is None:
        return evidence_planner.write(cluster, files, heard), evidence_planner.made_by, ""
    try:
        return planner.write(cluster, files, heard), planner.made_by, ""
    except PlannerError as error:
        reason = str(error).rstrip(".")
        note = f"The model could not write this plan ({reason}); this is the evidence plan."
        return evidence_planner.write(cluster, files, heard), evidence_planner.made_by, note
