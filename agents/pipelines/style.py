"""The project's own lint command on the head: information for people, never a reason to fail."""

from __future__ import annotations

import shlex

from agents.pipelines.base import ReceiptDraft, ReceiptKind, ReceiptStatus
from agents.pipelines.commands import Command, Ended, watch
from agents.pipelines.plans import TestPlan, environment, with_programs
from agents.pipelines.run import FixRun

# The checkout is not there, or something in it still runs.
_NOT_NOW = {ReceiptStatus.TIMED_OUT, ReceiptStatus.ERROR}


def check(run: FixRun, plan: TestPlan, head: ReceiptDraft, round: int) -> None:
    """Run the command in the checkout that the head's tests ran in, and say what came of it."""
    if not run.settings.lint_command.strip() or head.status in _NOT_NOW:
        return
    try:
        argv = shlex.split(run.settings.lint_command)
    except ValueError as error:
        run.journal.say(f"Lint: the command cannot be read: {error}.")
        return
    run.journal.say(f"$ {shlex.join(argv)}")
    checkout = f"{run.sandbox.root}/checks/{ReceiptKind.HEAD}"
    place = plan.place(checkout)
    command = Command(
        name=f"lint-{round}",
        argv=with_programs(run.sandbox, plan, place, argv),
        cwd=place,
        timeout=min(run.settings.test_timeout, run.seconds_left()),
        env=environment(run.sandbox, plan, checkout),
    )
    run.journal.say(f"Lint: {_said(watch(run.sandbox, run.journal, command))}")


def _said(ended: Ended) -> str:
    if ended.ok:
        return f"passed in {ended.seconds:g} seconds."
    how = f"ended with {ended.exit_code}" if ended.exit_code is not None else ended.reason
    return f"{how}{f': {ended.last_line}' if ended.last_line else '.'} This does not fail the job."
