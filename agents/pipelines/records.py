"""What each step of a fix leaves in the journal: frozen, made of JSON values only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from agents.pipelines.base import ReceiptDraft
from agents.pipelines.guard import Finding
from agents.pipelines.plans import TestPlan
from agents.pipelines.project_file import FileSettings
from agents.pipelines.verdict import Judgement


@dataclass(frozen=True, slots=True)
class Preflight:
    """How far commands can be kept apart here."""

    isolation: str


@dataclass(frozen=True, slots=True)
class Provision:
    """The sandbox of this execution."""

    sandbox_id: str
    isolation: str


@dataclass(frozen=True, slots=True)
class Checkout:
    """`base` is the tip of the base branch; `start` the empty commit on it that begins our branch.

    `file` is what the repository says about itself at the base.
    """

    base: str
    start: str
    file: FileSettings = field(default_factory=FileSettings)


@dataclass(frozen=True, slots=True)
class Draft:
    """The draft pull request; None where the forge has no drafts, so that it is opened later."""

    number: int | None


@dataclass(frozen=True, slots=True)
class Setup:
    """How the project's tests are run, and what a person should know about it."""

    kind: str
    plan: TestPlan
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Baseline:
    """The tests before anything changed; the plan as it proved to work.

    `environment` is a digest of what they ran in, '' where it is not known. `taken_from` is the
    job in which they ran, when that was an earlier one.
    """

    receipt: ReceiptDraft
    plan: TestPlan
    environment: str = ""
    taken_from: int = 0


@dataclass(frozen=True, slots=True)
class AgentRound:
    """What the agent left after one round. `head` is '' when there are no commits at all.

    `summary` is its own text for the pull request, if it left one. `taken_from` is the job whose
    agent worked, when that was an earlier one.
    """

    ok: bool
    reason: str
    outcome: str
    session_id: str
    head: str
    summary: str = ""
    taken_from: int = 0


@dataclass(frozen=True, slots=True)
class Verification:
    """The two receipts of one round, and what they say together with the baseline.

    `taken_from` is the job in which they were measured, when that was an earlier one.
    """

    head: ReceiptDraft
    reproduction: ReceiptDraft
    judgement: Judgement
    taken_from: int = 0


@dataclass(frozen=True, slots=True)
class PlanAnswered:
    """What an agent that only plans ended with; `words` are its last ones, whole."""

    ok: bool
    reason: str
    outcome: str
    words: str


@dataclass(frozen=True, slots=True)
class Guarded:
    """What the guard found; `blocked` says that the commits must not leave."""

    findings: Sequence[Finding] = field(default_factory=list)
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Gate:
    """What a person decided about the change; `comment` may be ''."""

    approved: bool
    by: str
    comment: str


@dataclass(frozen=True, slots=True)
class Published:
    """The commits are on the branch and the pull request tells about them."""

    head: str
    ready: bool
    number: int | None = None
