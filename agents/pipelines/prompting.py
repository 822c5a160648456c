"""What the agent is told: the prompt of the job, and what the receipts of a round say."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from agents.pipelines import agent_summary, related
from agents.pipelines.records import Baseline, Verification
from agents.pipelines.run import FixRun
from agents.pipelines.testing import TestPlan, agent_command
from agents.pipelines.verdict import new_failures
from agents.runners.base import CommandRunner, HostedRunner
from agents.runners.fences import Fence
from agents.runners.prompts import render_feedback, render_fix_prompt, render_plan_prompt
from clusters.planner.base import Answer, PlanDraft

_CONVENTIONS = ("CLAUDE.md", "AGENTS.md", "CONTRIBUTING.md", ".github/CONTRIBUTING.md")
_MAX_CONVENTION = 8_000


def prompt_of(run: FixRun, plan: TestPlan, round_number: int) -> str:
    """The whole prompt: plan, reports, conventions of the repository, the test command."""
    return render_fix_prompt(
        fence=_fence(run, f"prompt-{round_number}"),
        plan=run.context.plan,
        quotes=run.context.quotes,
        conventions=_conventions(run),
        related=related.files(run),
        issues=run.context.issues,
        test_command=shlex.join(agent_command(plan)),
        validation=[line for line in (run.settings.lint_command,) if line.strip()],
        instructions=run.settings.instructions,
        summary_path=agent_summary.path(run.sandbox) if has_own_process(run.tools.runner) else "",
    )


def plan_prompt(run: FixRun, first: PlanDraft, *, hint: str, answers: Sequence[Answer]) -> str:
    """The prompt for an agent that only plans: what users said, and the plan from the evidence."""
    return render_plan_prompt(
        fence=_fence(run, "plan"),
        first=first,
        quotes=run.context.quotes,
        conventions=_conventions(run),
        instructions=run.settings.instructions,
        hint=hint,
        answers=answers,
    )


def has_own_process(runner: CommandRunner | HostedRunner | None) -> bool:
    """Whether the agent is a program in the sandbox, which can write anywhere there."""
    return hasattr(runner, "command")


def feedback_on(run: FixRun, baseline: Baseline, work: Verification) -> str:
    """What the agent hears about a round that proved nothing."""
    messages = {test.id: test.message for test in work.head.tests}
    failures = [
        (test, messages.get(test, "")) for test in new_failures(baseline.receipt, work.head)
    ]
    number = work.head.round + 1
    fence = _fence(run, f"feedback-{number}")
    return render_feedback(number, work.judgement.sentence, failures, fence)


def _fence(run: FixRun, name: str) -> Fence:
    """A fence of this prompt alone. The next worker writes the same prompt again."""
    key = f"fence-{name}"
    fence = Fence(run.journal.recall(key) or Fence().word)
    run.journal.remember(key, fence.word)
    return fence


def _conventions(run: FixRun) -> str:
    parts = []
    for path in _CONVENTIONS:
        data = run.mirror.read(run.base, path, limit=_MAX_CONVENTION)
        if data:
            parts.append(f"{path}:\n\n{data.decode('utf-8', 'replace').strip()}")
    return "\n\n".join(parts)
