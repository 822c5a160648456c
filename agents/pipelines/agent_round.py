"""One round of the agent: it works in the sandbox, and its commits come back to the worker."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from typing_extensions import TypeIs

from agents.pipelines import agent_summary, command_agent, hooks
from agents.pipelines.base import Artifact, Journal, Stop
from agents.pipelines.command_agent import Patience, idle_text
from agents.pipelines.commits import take_back
from agents.pipelines.egress import agent_network
from agents.pipelines.prompting import prompt_of
from agents.pipelines.quoting import shortened, visible
from agents.pipelines.records import AgentRound
from agents.pipelines.run import FixRun
from agents.pipelines.testing import TestPlan, agent_command, environment
from agents.runners.base import (
    AgentEvent,
    BudgetSpent,
    CommandRunner,
    HostedRunner,
    Launch,
    Task,
    Verdict,
)
from agents.sandboxes.base import Network, Reach

_MAX_REASON = 2_000


@dataclass(frozen=True, slots=True)
class RoundTask:
    """The round's number, and what the round before left: feedback and the conversation."""

    number: int
    feedback: str = ""
    session_id: str = ""


def agent_round(run: FixRun, plan: TestPlan, round_task: RoundTask) -> AgentRound:
    """Let the agent work, then take back what it committed and what it left uncommitted."""
    run.check_time()
    task = _task(run, plan, round_task)
    kept = "\n\n".join(part for part in (task.prompt, task.feedback) if part).encode()
    run.journal.artifact(Artifact("prompt", f"prompt-{task.round}.md", "text/markdown", kept))
    hooks.before(run, plan, task.round)
    run.journal.say(f"Round {task.round}: {run.context.runner_title} begins.")
    verdict = at_work(run, task)
    # A round is given what is left of the job's time, where that is less than its own.
    if verdict.outcome == "time_limit" and run.seconds_left() > 1:
        verdict = replace(verdict, outcome="agent_limit")
    if not verdict.ok:
        run.journal.say(f"The agent did not finish: {verdict.reason}")
    hooks.after(run, plan, task.round)
    head = take_back(run, task.round)
    reason = shortened(visible(verdict.reason), _MAX_REASON)
    session = visible(verdict.session_id)
    return AgentRound(verdict.ok, reason, verdict.outcome, session, head, agent_summary.read(run))


def _task(run: FixRun, plan: TestPlan, task: RoundTask) -> Task:
    return Task(
        prompt=prompt_of(run, plan, task.number),
        round=task.number,
        feedback=task.feedback,
        session_id=task.session_id,
        test_command=agent_command(plan),
        test_env=environment(run.sandbox, plan, run.sandbox.repository),
        summary_path=agent_summary.path(run.sandbox),
        files=[each.path for each in [*run.context.plan.files, *run.context.plan.tests]],
        mcp_servers=run.settings.mcp_servers,
        hooks=run.settings.hooks,
    )


def at_work(run: FixRun, task: Task) -> Verdict:
    """What the agent makes of a task, within its time and what it may reach; raises Stop."""
    patience = Patience(
        round=min(run.settings.agent_timeout, run.seconds_left()),
        silence=run.settings.idle_timeout,
    )
    runner = run.tools.runner
    if runner is None:
        raise Stop("no_model")
    if _is_hosted(runner):
        return _hosted(run, runner, task, patience)

    def reachable(launch: Launch) -> Network:
        registries = run.registries() if run.settings.agent_network == Reach.LIST else []
        return agent_network(
            run.settings, launch, registries, adds_headers=run.sandbox.adds_headers
        )

    return command_agent.work(
        runner, task, run.sandbox, run.journal, patience=patience, reachable=reachable
    )


def _hosted(run: FixRun, runner: HostedRunner, task: Task, patience: Patience) -> Verdict:
    source = f"agent-{task.round}"
    listener = Deadline(run.journal, source, runner.title, patience)
    try:
        verdict = runner.work(task, run.sandbox, listener)
    except BudgetSpent as spent:
        verdict = Verdict(False, str(spent), "budget_spent")
    except Overdue as overdue:
        verdict = Verdict(False, str(overdue), overdue.outcome)
    run.journal.ended(source)
    return verdict


def _is_hosted(runner: CommandRunner | HostedRunner) -> TypeIs[HostedRunner]:
    return hasattr(runner, "work")


class Overdue(Exception):
    """A hosted agent took too long; `outcome` says for what."""

    def __init__(self, outcome: str, text: str) -> None:
        super().__init__(text)
        self.outcome = outcome


class Deadline:
    """The journal as a hosted agent sees it: it ends the round when its time is over.

    A model that never answers is noticed as well: somebody beats while the agent waits. What is
    emitted is told from the round's beginning again by the next worker.
    """

    def __init__(self, journal: Journal, source: str, title: str, patience: Patience) -> None:
        self._journal = journal
        self._source = source
        self._title = title
        self._patience = patience
        self._began = self._heard = time.monotonic()
        self.recall = journal.recall
        self.remember = journal.remember

    def emit(self, event: AgentEvent) -> None:
        """See Listener; raises Overdue when the time is over."""
        self._journal.emit(event, self._source)
        self._heard = time.monotonic()
        self._check()

    def beat(self) -> None:
        """See Listener; raises Overdue when the time is over."""
        self._journal.beat()
        self._check()

    def _check(self) -> None:
        now, limit = time.monotonic(), self._patience.round
        if now - self._began > limit:
            said = f"{self._title} did not end within {limit:g} seconds."
            raise Overdue("time_limit", said)
        if now - self._heard > self._patience.silence:
            raise Overdue("agent_idle", idle_text(self._title, self._patience.silence))
