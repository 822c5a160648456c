"""A plan by a coding agent: it looks around in a sandbox of its own, and changes nothing.

No branch, no draft, no push. Its last words are read strictly; what they name has to be real.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from agents.pipelines import ending, opening
from agents.pipelines.agent_round import at_work
from agents.pipelines.base import Artifact, Journal, LeaseLost, Stop
from agents.pipelines.context import FixContext, Tools
from agents.pipelines.prompting import plan_prompt
from agents.pipelines.quoting import shortened, visible
from agents.pipelines.records import Checkout, PlanAnswered, Preflight, Provision
from agents.pipelines.run import FixRun
from agents.runners.base import AgentEvent, Finished, Message, Task
from agents.sandboxes.base import SandboxError
from clusters.forges.base import ForgeError, RateLimited
from clusters.forges.mirrors import GitError
from clusters.planner import answer
from clusters.planner.base import (
    Answer,
    ClusterEvidence,
    Evidence,
    PlanDraft,
    PlannerError,
    Question,
)
from clusters.planner.evidence import EvidencePlanner

_MOST_WORDS = 200_000  # characters of the agent's that are kept


@dataclass(frozen=True, slots=True)
class PlanContext:
    """A job that plans. `hint` and `answers` are the maintainer's words; see FixContext."""

    fix: FixContext
    summary: str = ""
    hint: str = ""
    answers: Sequence[Answer] = ()


@dataclass(frozen=True, slots=True)
class PlanResult:
    """How it ended; `draft` is there when the outcome is "planned"."""

    outcome: str
    detail: str
    base: str = ""
    draft: PlanDraft | None = None
    questions: Sequence[Question] = field(default_factory=list)


def run_plan(context: PlanContext, tools: Tools, journal: Journal) -> PlanResult:
    """Have an agent plan, or the rest of it; every way to end on purpose is a result.

    Raises as `run_fix` does; the sandbox is closed then unless another worker goes on.
    """
    overheard = _Overheard(journal)
    run = FixRun(context.fix, tools, cast("Journal", overheard))
    try:
        result = _result(run, context, overheard)
    except LeaseLost:
        raise
    except Exception as error:
        ending.check_lease(journal, error)
        ending.let_go(run)
        raise
    ending.let_go(run)
    return result


def _result(run: FixRun, context: PlanContext, overheard: _Overheard) -> PlanResult:
    try:
        return _carry_out(run, context, overheard)
    except RateLimited:
        raise
    except (Stop, ForgeError, SandboxError, GitError, OSError) as error:
        stop = ending.as_stop(run, error)
        return PlanResult(stop.outcome, stop.detail or stop.outcome, run.base)


def _carry_out(run: FixRun, context: PlanContext, overheard: _Overheard) -> PlanResult:
    if run.tools.runner is None:
        raise Stop("no_model", "No model is configured, so no agent can plan.")
    run.step("preflight", Preflight, partial(_preflight, run))
    run.has_begun = True
    place = run.step("provision", Provision, partial(opening.provision, run))
    run.sandbox_id, run.isolation = place.sandbox_id, place.isolation
    found = run.step("checkout", Checkout, partial(opening.checkout, run))
    run.base, run.file = found.base, found.file
    said = run.step("agent", PlanAnswered, partial(_ask, run, context, overheard))
    if not said.ok:
        raise Stop(said.outcome or "agent_failed", said.reason)
    return _read(run, context, said)


def _preflight(run: FixRun) -> Preflight:
    """May the repository be read, and where can the agent work? Raises Stop."""
    access = run.forge.access()
    if access.empty:
        raise Stop("repository_empty", access.reason)
    return Preflight(opening.probe(run))


def _ask(run: FixRun, context: PlanContext, overheard: _Overheard) -> PlanAnswered:
    run.check_time()
    evidence = _evidence(context)
    first = EvidencePlanner().draft(evidence, list(run.mirror.files(run.base)))
    prompt = plan_prompt(run, first, hint=context.hint, answers=context.answers)
    run.journal.artifact(Artifact("prompt", "prompt-1.md", "text/markdown", prompt.encode()))
    run.journal.say(f"{run.context.runner_title} begins to look around. It may change nothing.")
    named = [each.path for each in [*first.files, *first.tests]]
    verdict = at_work(run, Task(prompt=prompt, files=named, plan_only=True))
    words = run.journal.scrub(visible("\n\n".join([*overheard.words, verdict.reason])))
    reason = shortened(visible(verdict.reason), 2_000)
    return PlanAnswered(verdict.ok, reason, verdict.outcome, words[-_MOST_WORDS:])


def _read(run: FixRun, context: PlanContext, said: PlanAnswered) -> PlanResult:
    try:
        found = answer.read(said.words)
        draft = answer.real(found, _evidence(context), run.mirror.tree(run.base))
    except PlannerError as error:
        raise Stop("no_plan", f"The agent ended, but without a plan. {error}") from error
    run.journal.say(f"The plan names {len(draft.files)} files and {len(draft.tests)} tests.")
    detail = "The plan is written as the next version: read it before you approve it."
    return PlanResult("planned", detail, run.base, draft, answer.questions_in(found))


def _evidence(context: PlanContext) -> ClusterEvidence:
    quotes = context.fix.quotes
    items = [Evidence(each.item_id, each.source, each.title, each.text) for each in quotes]
    return ClusterEvidence(context.fix.title, context.summary, items, context.hint, context.answers)


class _Overheard:
    """The journal, and beside it the agent's words, which are shortened everywhere else."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.words: deque[str] = deque()
        self._length = 0

    def emit(self, event: AgentEvent, source: str = "") -> None:
        """See Journal."""
        if isinstance(event, Message | Finished) and event.text:
            self.words.append(event.text)
            self._length += len(event.text)
            while self._length > _MOST_WORDS and len(self.words) > 1:
                self._length -= len(self.words.popleft())
        self._journal.emit(event, source)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)
