"""Rounds of work and proof: what fails goes back to the agent until the rounds are used up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from agents.outcomes import OUTCOMES
from agents.pipelines import keeping, progress, taking
from agents.pipelines.agent_round import RoundTask, agent_round
from agents.pipelines.base import Stop
from agents.pipelines.earlier import Done
from agents.pipelines.prompting import feedback_on
from agents.pipelines.proving import summary, verify
from agents.pipelines.records import AgentRound, Baseline, Verification
from agents.pipelines.run import FixRun


@dataclass(frozen=True, slots=True)
class Work:
    """What the rounds came to: a head with commits, and what the tests say about it.

    `budget_spent` is a sentence when the budget ended the work, else ''. `taken_from` is the job
    that it was done in, when that was an earlier one.
    """

    head: str
    verification: Verification
    summary: str = ""  # the agent's own, of its last round that said anything
    budget_spent: str = ""
    taken_from: int = 0


def work_in_rounds(run: FixRun, baseline: Baseline) -> Work:
    """Let the agent work until the tests prove the change or the rounds are used up.

    A retry of the steps after the agent begins with the commits that are there, and asks nobody.
    Raises Stop when there are no commits to prove.
    """
    if run.context.done is not None:
        return _taken_over(run, baseline, run.context.done)
    work: Work | None = None
    task = RoundTask(number=1)
    said = f"The tests before the change: {summary(baseline.receipt)} The agent is at work."
    while True:
        ended = _agent(run, baseline, task, said)
        if not ended.head:
            raise _without_commits(ended)
        if work is not None and work.head == ended.head:
            run.journal.say("The agent changed nothing more.")
            return replace(work, budget_spent=_budget_spent(ended))
        said_before = work.summary if work else ""
        work = Work(
            ended.head,
            _verification(run, baseline, ended.head, task.number),
            ended.summary or said_before,
            _budget_spent(ended),
        )
        if not _may_go_on(run, ended, work, task.number):
            return work
        feedback = feedback_on(run, baseline, work.verification)
        said = (
            f"Round {task.number} did not prove the change: "
            f"{work.verification.judgement.sentence} The agent tries again."
        )
        task = RoundTask(task.number + 1, feedback, ended.session_id)


def _taken_over(run: FixRun, baseline: Baseline, done: Done) -> Work:
    ended = run.step("agent", AgentRound, partial(taking.commits, run, done))
    again = partial(verify, run, baseline, ended.head, 1)
    if done.verification is not None:
        again = partial(taking.verification, run, done.verification, ended.head, done.job_id)
    verification = run.step("verify", Verification, again)
    return Work(ended.head, verification, ended.summary, _budget_spent(ended), ended.taken_from)


def _agent(run: FixRun, baseline: Baseline, task: RoundTask, said: str) -> AgentRound:
    def once() -> AgentRound:
        progress.tell(run, said)
        ended = agent_round(run, baseline.plan, task)
        if ended.head:
            keeping.keep(run, ended.head)
        return ended

    return run.step("agent", AgentRound, once, round=task.number)


def _verification(run: FixRun, baseline: Baseline, head: str, number: int) -> Verification:
    once = partial(verify, run, baseline, head, number)
    return run.step("verify", Verification, once, round=number)


def _without_commits(ended: AgentRound) -> Stop:
    if not ended.ok and ended.outcome in OUTCOMES:
        return Stop(ended.outcome, ended.reason)
    return Stop("no_changes", f"The agent made no commits. {ended.reason}".strip())


def _budget_spent(ended: AgentRound) -> str:
    return ended.reason if ended.outcome == "budget_spent" else ""


def _may_go_on(run: FixRun, ended: AgentRound, work: Work, number: int) -> bool:
    if work.verification.judgement.verified:
        return False
    if ended.outcome:
        run.journal.say(f"The agent cannot go on: {ended.reason}")
        return False
    if number >= run.settings.rounds:
        run.journal.say(f"No rounds are left after {number}.")
        return False
    if not run.seconds_left():
        run.journal.say("The time limit is reached: there is no further round.")
        return False
    return True
