"""A maintainer's own words in a plan from the evidence: heeded, and marked as theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clusters.planner.base import Answer, CandidateFile, ClusterEvidence
from clusters.planner.findings import Findings
from clusters.planner.wording import quoted

_MOST = 5
_SHOWN = 1_500  # characters
_PATH = re.compile(r"[\w./@+-]{3,200}")


def said_by_maintainer(cluster: ClusterEvidence) -> list[str]:
    """Steps that say what the maintainer wants, before all others."""
    steps = [f"The maintainer asks: {quoted(_short(cluster.hint))}"] if cluster.hint.strip() else []
    return [*steps, *map(_answered, cluster.answers)]


def _answered(answer: Answer) -> str:
    return (
        f"The maintainer answered {quoted(_short(answer.question))}: {quoted(_short(answer.text))}"
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN // 2 else f"{line[: _SHOWN // 2]}…"


def named_files(found: Findings) -> list[CandidateFile]:
    """Files of the repository that the maintainer names, by their path or the end of it."""
    said = [found.cluster.hint, *(answer.text for answer in found.cluster.answers)]
    paths = dict.fromkeys(path for text in said for path in _paths(text, found))
    reason = "The maintainer names it."
    return [CandidateFile(path=path, reason=reason, score=1.0) for path in paths][:_MOST]


def _paths(text: str, found: Findings) -> Iterator[str]:
    for word in _PATH.findall(text[:20_000]):
        end = word.strip("./")
        if end in found.texts:
            yield end
        elif "." in end or "/" in end:
            fitting = [path for path in found.texts if path.endswith(f"/{end}")]
            if len(fitting) == 1:
                yield fitting[0]
