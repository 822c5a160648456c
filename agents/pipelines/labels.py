"""How the sandboxes of a job are called, so that those that were left over are found."""

from __future__ import annotations

import re

# Longer numbers are no job's.
_LABEL = re.compile(r"job-([0-9]{1,18})-[a-z]+")


def label_of(job_id: int, kind: str = "fix") -> str:
    """The label of a job's sandboxes."""
    return f"job-{job_id}-{kind}"


def job_of(label: str) -> int | None:
    """The id of the job whose label it is; None for what belongs to no job."""
    found = _LABEL.fullmatch(label)
    return int(found[1]) if found else None
