"""The planner that needs no model: what the reports and the repository say about each other."""

from __future__ import annotations

import time
from collections.abc import Sequence

from clusters.planner.asking import questions_of
from clusters.planner.base import (
    Audit,
    CandidateFile,
    ClusterEvidence,
    Drafted,
    Heard,
    PlanDraft,
    SourceFile,
    nobody,
)
from clusters.planner.commands import test_commands
from clusters.planner.findings import FILES, Findings, find
from clusters.planner.heeding import named_files, said_by_maintainer
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

    def write(
        self, cluster: ClusterEvidence, files: Sequence[SourceFile], heard: Heard = nobody
    ) -> Drafted:
        """See Planner; nothing ever goes wrong here."""
        began = time.monotonic()
        count = "1 report is" if len(cluster.items) == 1 else f"{len(cluster.items)} reports are"
        heard(f"{count} compared with {len(files):,} files of the repository.")
        found = find(cluster, files)
        drafted = plan_of(found)
        seconds = round(time.monotonic() - began, 2)
        return Drafted(drafted, questions_of(found), Audit(seconds=seconds))


def plan_of(found: Findings) -> PlanDraft:
    """The findings as a plan."""
    named = named_files(found)
    ranked = _candidates([*found.code, *found.docs], found.wording)
    rest = [one for one in ranked if one.path not in {file.path for file in named}]
    return PlanDraft(
        summary=summary_of(found),
        hypotheses=hypotheses_of(found),
        files=[*named, *rest][:FILES],
        tests=_candidates(found.tests, found.wording),
        steps=[*said_by_maintainer(found.cluster), *steps_of(found)],
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
