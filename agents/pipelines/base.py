"""What a pipeline may know of the world.

A pipeline is plain Python that runs named steps. The journal keeps each step's result, so that
the next worker goes on where the last one died. Plain Python: no Django here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeVar

from agents.runners.base import AgentEvent, Listener
from agents.sandboxes.base import Blocked

T = TypeVar("T")


class Stop(Exception):
    """The pipeline ends here. `outcome` is a code of `agents.outcomes`, `detail` a sentence."""

    def __init__(self, outcome: str, detail: str = "") -> None:
        super().__init__(detail or outcome)
        self.outcome = outcome
        self.detail = detail


class Cancelled(Exception):
    """A person cancelled the job."""


class AwaitsApproval(Exception):
    """A person has to decide before the job goes on; nothing that it needs is in a sandbox."""


class LeaseLost(Exception):
    """Another worker owns the job now: stop at once and write nothing more."""


class HandedOver(LeaseLost):
    """This worker is about to end: another goes on from here, so everything stays as it is."""


class Phase(StrEnum):
    """The parts of a job whose network a project chooses. Tests never have any."""

    SETUP = "setup"
    AGENT = "agent"


class ReceiptKind(StrEnum):
    """Which tests ran on which code."""

    BASELINE = "baseline"  # the base's tests on the base
    HEAD = "head"  # the head's tests on the head
    REPRODUCTION = "reproduction"  # the tests the head added or changed, on the base's code


class ReceiptStatus(StrEnum):
    """What a run of tests showed."""

    PASSED = "passed"
    FAILED = "failed"
    NO_TESTS = "no_tests"
    TIMED_OUT = "timed_out"
    ERROR = "error"  # the command broke before tests were counted


@dataclass(frozen=True, slots=True)
class TestCase:
    """One test. `outcome`: passed | failed | error | skipped."""

    __test__ = False

    id: str
    outcome: str
    seconds: float = 0.0
    message: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptDraft:
    """A fact the platform measured itself."""

    kind: ReceiptKind
    status: ReceiptStatus
    command: str
    commit: str
    exit_code: int | None
    seconds: float
    tests: Sequence[TestCase] = ()
    round: int = 1
    note: str = ""  # a sentence, e.g. why there is nothing to run
    coverage: float | None = None

    def failing(self) -> list[str]:
        """Ids of the tests that did not pass, in order."""
        return [test.id for test in self.tests if test.outcome in {"failed", "error"}]

    def passing(self) -> list[str]:
        """Ids of the tests that passed, in order."""
        return [test.id for test in self.tests if test.outcome == "passed"]


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file to keep. `kind`: diff | junit | transcript | prompt | log | commits."""

    kind: str
    name: str
    media_type: str
    data: bytes = field(repr=False)


class Journal(Listener, Protocol):
    """The execution's memory and voice. Every call may raise Cancelled or LeaseLost."""

    def step(self, name: str, result: type[T], work: Callable[[], T], *, round: int = 1) -> T:
        """The stored result of a step that has ended, else run `work` and store what it returns.

        `result` is a dataclass or pydantic type made of JSON values; it is rebuilt from the store.
        """
        ...

    def say(self, text: str) -> None:
        """A line of the platform in the log."""
        ...

    def blocked(self, place: Blocked, phase: Phase) -> None:
        """A command of this phase tried to reach what it may not; the same place is told once."""
        ...

    def emit(self, event: AgentEvent, source: str = "") -> None:
        """Record an event of an agent; raises BudgetSpent when that was the last of it.

        With a source, see `output`; what an event says about usage is counted once, too.
        """
        ...

    def output(self, data: bytes, source: str = "") -> None:
        """Raw output of a command in the sandbox, for the log.

        What has a source (a process, an agent's round) is told from its beginning by every worker
        that has it in hand: what the log holds already is left out.
        """
        ...

    def ended(self, source: str) -> None:
        """Nothing more will come from the source."""
        ...

    def receipt(self, receipt: ReceiptDraft) -> None:
        """Keep a receipt (one per kind and round)."""
        ...

    def scrub(self, text: str) -> str:
        """The text with a mask in the place of every secret that this job was given."""
        ...

    def artifact(self, artifact: Artifact) -> None:
        """Keep a file (one per kind and name)."""
        ...

    def kept(self, kind: str, name: str) -> bytes:
        """The bytes of a file that was kept; b"" when there is none."""
        ...
