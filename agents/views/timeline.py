"""A job's steps as a timeline: what was done, what is being done, what is still to come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from agents.models import Execution, Job, Step

if TYPE_CHECKING:
    from agents.views.bars import Bar

TITLES = {
    "preflight": "Check access",
    "provision": "Start the sandbox",
    "checkout": "Check the code out",
    "draft_pr": "Open a draft",
    "setup": "Set up",
    "baseline": "Tests before",
    "agent": "Agent",
    "verify": "Tests after",
    "guard": "Guard",
    "gate": "Approval",
    "publish": "Publish",
    "finish": "Finish",
}
# Of a job that only plans.
EXPECTED_OF_PLANS = ("preflight", "provision", "checkout", "agent")
EXPECTED = (
    "preflight",
    "provision",
    "checkout",
    "draft_pr",
    "setup",
    "baseline",
    "agent",
    "verify",
    "guard",
    "gate",
    "publish",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline. `status` is a step's, "unproven", or "waiting"."""

    title: str
    status: str
    detail: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    first_seq: int = 0
    bar: Bar | None = None


def entries(job: Job, execution: Execution | None, steps: Iterable[Step]) -> list[Entry]:
    """The steps that began, then those that will come while the job is active."""
    begun = list(steps) if execution else []
    rounds = max((step.round for step in begun), default=1)
    found = [_entry(step, rounds) for step in begun]
    if not job.is_ended:
        names = {step.name for step in begun}
        expected = EXPECTED_OF_PLANS if job.kind == Job.Kind.PLAN else EXPECTED
        reached = max((expected.index(name) for name in names if name in expected), default=-1)
        found += [
            Entry(TITLES[name], "waiting", _wanted(job, name))
            for name in expected[reached + 1 :]
            if (name != "gate" or _has_gate(job)) and not _is_left_out(job, name)
        ]
    return found


def _has_gate(job: Job) -> bool:
    return job.project.gate or job.asked_at is not None


def _is_left_out(job: Job, name: str) -> bool:
    """What needs no tests of its own needs nothing installed either."""
    return name == "setup" and job.from_step == "publish"


def _wanted(job: Job, name: str) -> str:
    """What a step to come is waiting for."""
    return "Waits for a person." if name == "gate" and job.asked_at else ""


def _entry(step: Step, rounds: int) -> Entry:
    title = TITLES.get(step.name, step.name.replace("_", " ").capitalize())
    if rounds > 1 and step.name in {"agent", "verify"}:
        title = f"{title}, round {step.round}"
    return Entry(
        title, _status(step), _detail(step), step.started_at, step.finished_at, step.first_seq + 1
    )


def _status(step: Step) -> str:
    """A test run that proves nothing has ended, but it is no success."""
    result = step.result if isinstance(step.result, dict) else {}
    judgement = result.get("judgement")
    doubtful = isinstance(judgement, dict) and judgement.get("outcome") not in {None, "verified"}
    return "unproven" if doubtful and step.status == Step.Status.COMPLETED else step.status


def _detail(step: Step) -> str:
    """One line more: what went wrong, or what a test run showed."""
    if step.status == Step.Status.FAILED:
        return step.error[:300]
    result = step.result if isinstance(step.result, dict) else {}
    if job := result.get("taken_from"):
        return f"Taken over from job {job}. {_shown(step, result)}".strip()
    return _shown(step, result)


def _shown(step: Step, result: dict[str, object]) -> str:
    judgement = result.get("judgement")
    if isinstance(judgement, dict):
        return str(judgement.get("sentence", ""))[:300]
    receipt = result.get("receipt")
    if isinstance(receipt, dict):
        return _counted(receipt)
    return "Repeated after its worker died." if step.attempts > 1 else ""


def _counted(receipt: dict[str, object]) -> str:
    tests = receipt.get("tests")
    if not isinstance(tests, list) or not tests:
        return str(receipt.get("note") or "No tests found.")[:300]
    failed = sum(
        test.get("outcome") in {"failed", "error"} for test in tests if isinstance(test, dict)
    )
    return f"{failed} of {len(tests)} failed" if failed else f"All {len(tests)} passed"
