"""The planner seam: what a plan is, and who can write one.

Plain Python: no Django here. The same pydantic model validates what a model writes, what a person
edits and what the database keeps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)


def _without_nul(value: object) -> object:
    """No database takes a NUL, and nobody sees one."""
    return value.replace("\0", "") if isinstance(value, str) else value


_Storable = BeforeValidator(_without_nul)
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000), _Storable
]
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000), _Storable
]
Path = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000), _Storable
]
# Numbers of feedback items, as far as a database can count.
_MOST_CITED = 400


def _countable(numbers: list[int]) -> list[int]:
    """Numbers that a database can look for. Not in the schema: models need not know."""
    if len(numbers) > _MOST_CITED:
        raise ValueError(f"At most {_MOST_CITED} reports can be cited at once.")
    if wrong := [number for number in numbers if not -(2**63) <= number < 2**63]:
        raise ValueError(f"{str(wrong[0])[:40]} is not the number of a report.")
    return numbers


Cited = Annotated[list[int], AfterValidator(_countable)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Hypothesis(_Part):
    """A possible cause, only as strong as its evidence."""

    text: Line
    confidence: Literal["low", "medium", "high"] = "low"
    evidence: Cited = Field(default_factory=list, description="ids of feedback items")


class CandidateFile(_Part):
    """A file that may have to change, and why it is thought so. Best first in a plan."""

    path: Path
    reason: Line
    score: float = 0.0


class Criterion(_Part):
    """Something that must hold afterwards, and the feedback that asks for it."""

    text: Line
    evidence: Cited = Field(default_factory=list, description="ids of feedback items")


class PlanDraft(_Part):
    """The content of one version of a plan."""

    summary: Text
    hypotheses: list[Hypothesis] = Field(default_factory=list, max_length=20)
    files: list[CandidateFile] = Field(default_factory=list, max_length=50)
    tests: list[CandidateFile] = Field(default_factory=list, max_length=50)
    steps: list[Line] = Field(min_length=1, max_length=50)
    criteria: list[Criterion] = Field(min_length=1, max_length=50)
    validation: list[Line] = Field(default_factory=list, max_length=50)
    risks: list[Line] = Field(default_factory=list, max_length=50)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One feedback item as a planner sees it."""

    id: int
    source: str
    title: str
    body: str
    author: str = ""


@dataclass(frozen=True, slots=True)
class ClusterEvidence:
    """A cluster as a planner sees it: most telling items first."""

    title: str
    summary: str
    items: Sequence[Evidence]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A text file of the repository. `text` is cut at a limit; binary files are left out."""

    path: str
    text: str


class PlannerError(Exception):
    """No plan could be written; the text is a sentence for the user."""


class Planner(Protocol):
    """Writes a plan from the evidence and the repository at one commit."""

    made_by: str  # "evidence" or "model"

    def draft(self, cluster: ClusterEvidence, files: Sequence[SourceFile]) -> PlanDraft:
        """A validated plan; raises PlannerError."""
        ...
