"""Each acceptance criterion of a plan, what checked it, and what that showed. Plain functions.

Never more is claimed than was measured: a criterion is checked by the tests or the command that it
names. For the others there is at most a reproduction, which nobody tied to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from agents.models import Execution, Job, Receipt, Step
from agents.pipelines.test_files import without_parameters
from agents.views.comparison import Comparison, compare

State = Literal["passed", "failed", "shown", "unchecked", "waiting"]
_NAMED = re.compile(r"`([^`\n]{3,300})`|\b(test_\w{2,200})\b")
_TEST = re.compile(r"\btest_\w{2,200}\b")
_REPRODUCED = "What is shown: this failed on the old code and passes now."
_SHOWN = 3  # tests named in a sentence
_BROKEN = {"failed", "error"}
LABELS: Mapping[State, tuple[str, str]] = {
    "passed": ("checked", "good"),
    "failed": ("fails", "bad"),
    "shown": ("reproduced", "accent"),
    "unchecked": ("not checked", "warn"),
    "waiting": ("not measured yet", "idle"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One criterion. `by` are the tests or the command that say so, `said` is a sentence."""

    text: str
    evidence: Sequence[int]
    state: State
    said: str
    by: Sequence[str] = ()

    @property
    def label(self) -> str:
        """A word or two for the tag."""
        return LABELS[self.state][0]

    @property
    def tone(self) -> str:
        """good | bad | warn | accent | idle."""
        return LABELS[self.state][1]


@dataclass(frozen=True, slots=True)
class Results:
    """What became of a plan in a job.

    `outside` are changed files that the plan does not name; None when nobody looked.
    """

    job: Job
    checks: Sequence[Check]
    outside: Sequence[str] | None = None

    @property
    def is_measured(self) -> bool:
        """Whether there is anything to tell yet."""
        return any(check.state != "waiting" for check in self.checks)


def results_of(job: Job, execution: Execution | None, steps: Iterable[Step]) -> Results:
    """The criteria of the plan that the job carries out, with what its newest attempt showed."""
    receipts = Receipt.objects.filter(execution=execution).order_by("id") if execution else []
    found = compare(receipts)
    criteria = job.plan_snapshot.get("criteria", [])
    checks = [_check(each, found, ended=job.is_ended) for each in criteria]
    return Results(job, checks, _outside(steps))


def _outside(steps: Iterable[Step]) -> list[str] | None:
    guards = [step.result for step in steps if step.name == "guard"]
    result = next((each for each in reversed(guards) if isinstance(each, dict)), None)
    if result is None:
        return None
    found = result.get("findings", [])
    return [str(each["path"]) for each in found if each.get("kind") == "outside_plan"]


def _check(criterion: Mapping[str, Any], found: Comparison, *, ended: bool) -> Check:
    text, evidence = str(criterion.get("text", "")), criterion.get("evidence", [])
    if found.head is None:
        said = "The job ended before its change was tested." if ended else "Not measured yet."
        return Check(text, evidence, "unchecked" if ended else "waiting", said)
    state, said, by = (
        _by_tests(text, found) or _by_command(text, found.head) or _by_reproduction(text, found)
    )
    return Check(text, evidence, state, said, by)


_Found = tuple[State, str, list[str]]


def _by_tests(text: str, found: Comparison) -> _Found | None:
    """By the tests that the criterion names."""
    head, again = _outcomes(found.head), _outcomes(found.reproduction)
    ids = list(dict.fromkeys(test for name in _names(text) for test in _called(name, head)))
    if not ids:
        return None
    failing = [test for test in ids if head[test] in _BROKEN]
    if failing:
        return "failed", "It fails with the change.", failing[:_SHOWN]
    if any(head[test] != "passed" for test in ids):
        return "unchecked", "It was skipped, so nothing is shown.", ids[:_SHOWN]
    if all(again.get(test) in _BROKEN for test in ids):
        return "passed", "It failed on the old code and passes with the change.", ids[:_SHOWN]
    return "passed", "It passes with the change.", ids[:_SHOWN]


def _by_command(text: str, head: Receipt) -> _Found | None:
    """By the test command, when the criterion names all of it."""
    if head.command.strip() not in [name.strip() for name in _names(text)]:
        return None
    if head.status == Receipt.Status.PASSED:
        return "passed", "The command succeeds with the change.", [head.command]
    return "failed", "The command does not succeed with the change.", [head.command]


def _by_reproduction(text: str, found: Comparison) -> _Found:
    """What there is at most for a criterion that nothing else checks."""
    names_one = _TEST.search(text) is not None
    shown = [row.id for row in found.changed if row.verdict == "reproduces"]
    if not shown:
        said = "The test that it names did not run." if names_one else "Not checked by a test."
        return "unchecked", said, []
    why = "The test that it names did not run." if names_one else "No test is named for it."
    return "shown", f"{why} {_REPRODUCED}", shown[:_SHOWN]


def _names(text: str) -> Iterator[str]:
    for match in _NAMED.finditer(text):
        yield match[1] or match[2]


def _called(name: str, outcomes: Mapping[str, str]) -> Iterator[str]:
    """The tests of this name, whatever their parameters."""
    wanted = without_parameters(name)
    ends = (f"::{wanted}", f".{wanted}", f" {wanted}", f"/{wanted}")
    for test in outcomes:
        plain = without_parameters(test)
        if plain == wanted or plain.endswith(ends):
            yield test


def _outcomes(receipt: Receipt | None) -> dict[str, str]:
    return {str(test["id"]): str(test["outcome"]) for test in receipt.tests} if receipt else {}
