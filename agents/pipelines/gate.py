"""The gate: where a project wants it, nothing leaves before a person has looked at the change."""

from __future__ import annotations

from functools import partial

from agents.pipelines import ending, keeping, progress
from agents.pipelines.agent_rounds import Work
from agents.pipelines.base import AwaitsApproval, Cancelled, Stop
from agents.pipelines.commits import find_again
from agents.pipelines.context import AtGate
from agents.pipelines.quoting import one_line
from agents.pipelines.records import Gate
from agents.pipelines.run import FixRun

_WAITS = (
    "The change waits for a person, who approves or rejects it on the job's page. Nothing of it "
    "was pushed so far."
)
_SHOWN = "head-at-gate"


def pass_through(run: FixRun, work: Work) -> None:
    """Go on when a person has approved the change, or when the project has no gate.

    Raises AwaitsApproval until somebody has decided, and Stop when they rejected it.
    """
    at_gate, done = run.context.gate, run.context.done
    # A person was to look at these very commits: trying again does not decide for anybody.
    asked = done is not None and done.asked_gate
    if at_gate is None and not run.settings.gate and not asked:
        return
    if run.context.cancelled:
        raise Cancelled
    if at_gate is None or not _is_decided(run, at_gate, work):
        _wait(run, work)
    else:
        decided = run.step("gate", Gate, partial(_decided, run, at_gate))
        if not decided.approved:
            keeping.forget(run)
            raise Stop("rejected", _rejection(decided))


def _is_decided(run: FixRun, at_gate: AtGate, work: Work) -> bool:
    """Whether somebody decided about this very change: they looked at no other."""
    if at_gate.decision == "approved":
        return run.journal.recall(_SHOWN) == work.head
    return bool(at_gate.decision)


def _wait(run: FixRun, work: Work) -> None:
    """Make sure that nothing is lost while nobody works on it; keeps no step, so it can be again."""
    run.journal.remember(_SHOWN, work.head)
    find_again(run, work.head, work.verification.head.round)
    keeping.keep(run, work.head)
    progress.tell(run, f"{work.verification.judgement.sentence} {_WAITS}")
    run.journal.say(_WAITS)
    run.journal.beat()
    ending.let_go(run)
    raise AwaitsApproval


def _decided(run: FixRun, at_gate: AtGate) -> Gate:
    decided = Gate(at_gate.decision == "approved", at_gate.by, at_gate.comment)
    said = f"{at_gate.by} approved the change." if decided.approved else _rejection(decided)
    run.journal.say(said)
    return decided


def _rejection(decided: Gate) -> str:
    comment = one_line(decided.comment)
    return f"{decided.by} rejected the change{f': {comment}' if comment else '.'}"
