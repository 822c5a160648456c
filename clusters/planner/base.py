"""The planner seam: what a plan is, and who can write one.

Plain Python: no Django here. The same pydantic model validates what a model writes, what a person
edits and what the database keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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
    score: float = Field(default=0.0, allow_inf_nan=False)  # as JSON has no others


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
    """One feedback item as a planner sees it; `comments` are what others said about it."""

    id: int
    source: str
    title: str
    body: str
    author: str = ""
    comments: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What only a maintainer can say: `why` is what depends on it, `choices` likely answers."""

    text: str
    why: str = ""
    choices: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a maintainer said to a question. `chosen`: one of the choices, in others' words."""

    question: str
    text: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class ClusterEvidence:
    """A cluster as a planner sees it: most telling items first.

    `hint` and `answers` are the maintainer's, and so are to be heeded.
    """

    title: str
    summary: str
    items: Sequence[Evidence]
    hint: str = ""
    answers: Sequence[Answer] = ()


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A text file of the repository. `text` is cut at a limit; binary files are left out."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What it took: `events` are sentences, `cost_usd` is None where no price is known.

    `seconds` is None for what nobody measured, such as a person's own plan.
    """

    seconds: float | None = None
    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = None
    model: str = ""
    events: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Drafted:
    """A plan, what the planner would still like to know, and what it took."""

    draft: PlanDraft
    questions: Sequence[Question] = ()
    audit: Audit = field(default_factory=Audit)


MOST_QUESTIONS = 3
Heard = Callable[[str], None]  # is told what a planner does, a sentence at a time


def nobody(sentence: str) -> None:
    """Hears nothing."""


class PlannerError(Exception):
    """No plan could be written; the text is a sentence for the user."""


class Planner(Protocol):
    """Writes a plan from the evidence and the repository at one commit."""

    made_by: str  # "evidence" or "model"

    def write(
        self, cluster: ClusterEvidence, files: Sequence[SourceFile], heard: Heard = nobody
    ) -> Drafted:
        """A validated plan; raises PlannerError."""
        ...
