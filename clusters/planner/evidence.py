"""A plan from the reports and the repository alone: no model, the same result every time."""

from __future__ import annotations

from collections.abc import Sequence

from clusters.planner.base import CandidateFile, ClusterEvidence, PlanDraft, SourceFile
from clusters.planner.commands import test_commands
from clusters.planner.findings import FILES, Findings, find
from clusters.planner.hypotheses import hypotheses_of
from clusters.planner.ranking import Ranked
from clusters.planner.risks import risks_of
from clusters.planner.sections import criteria_of, steps_of, summary_of
from clusters.planner.wording import Wording


class EvidencePlanner:
    """Ranks files by what the reports name and say, and writes down why."""

    made_by = "evidence"

    def draft(self, cluster: ClusterEvidence, files: Sequence[SourceFile]) -> PlanDraft:
        """A plan for any cluster, also without a single file."""
        return plan_of(find(cluster, files))


def plan_of(found: Findings) -> PlanDraft:
    """The findings as a plan."""
    return PlanDraft(
        summary=summary_of(found),
        hypotheses=hypotheses_of(found),
        files=_candidates([*found.code, *found.docs], found.wording)[:FILES],
        tests=_candidates(found.tests, found.wording),
        steps=steps_of(found),
        criteria=criteria_of(found),
        validation=test_commands(found.texts, [test.path for test in found.tests]),
        risks=risks_of(found),
    )


def _candidates(ranked: Sequence[Ranked], wording: Wording) -> list[CandidateFile]:
    return [
        CandidateFile(path=one.path, reason=wording.reason(one)[:2_000], score=round(one.score, 3))
        for one in ranked
        if len(one.path) <= 1_000
    ]
