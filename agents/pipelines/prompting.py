"""What the agent is told: the prompt of the job, and what the receipts of a round say."""

from __future__ import annotations

import shlex

from agents.pipelines import agent_summary, related
from agents.pipelines.records import Baseline, Verification
from agents.pipelines.run import FixRun
from agents.pipelines.testing import TestPlan, agent_command
from agents.pipelines.verdict import new_failures
from agents.runners.base import CommandRunner, HostedRunner
from agents.runners.prompts import render_feedback, render_fix_prompt

_CONVENTIONS = ("CLAUDE.md", "AGENTS.md", "CONTRIBUTING.md", ".github/CONTRIBUTING.md")
_MAX_CONVENTION = 8_000


def prompt_of(run: FixRun, plan: TestPlan) -> str:
    """The whole prompt: plan, reports, conventions of the repository, the test command."""
    return render_fix_prompt(
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


def has_own_process(runner: CommandRunner | HostedRunner | None) -> bool:
    """Whether the agent is a program in the sandbox, which can write anywhere there."""
    return hasattr(runner, "command")


def feedback_on(baseline: Baseline, work: Verification) -> str:
    """What the agent hears about a round that proved nothing."""
    messages = {test.id: test.message for test in work.head.tests}
    failures = [
        (test, messages.get(test, "")) for test in new_failures(baseline.receipt, work.head)
    ]
    return render_feedback(work.head.round, work.judgement.sentence, failures)


def _conventions(run: FixRun) -> str:
    parts = []
    for path in _CONVENTIONS:
        data = run.mirror.read(run.base, path, limit=_MAX_CONVENTION)
        if data:
            parts.append(f"{path}:\n\n{data.decode('utf-8', 'replace').strip()}")
    return "\n\n".join(parts)
