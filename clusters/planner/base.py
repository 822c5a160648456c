"""The planner seam: what a plan is, and who can write one.

Plain Python: no Django here. The same pydantic model validates what a model writes, what a person
edits and what the database keeps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
Path = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Hypothesis(_Part):
    """A possible cause, only as strong as its evidence."""

    text: Line
    confidence: Literal["low", "medium", "high"] = "low"
    evidence: list[int] = Field(default_factory=list, description="ids of feedback items")


class CandidateFile(_Part):
    """A file that may have to change, and why it is thought so. Best first in a plan."""

    path: Path
    reason: Line
    score: float = 0.0


class Criterion(_Part):
    """Something that must hold afterwards, and the feedback that asks for it."""

    text: Line
    evidence: list[int] = Field(default_factory=list, description="ids of feedback items")


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
