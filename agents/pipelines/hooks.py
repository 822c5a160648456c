"""The project's own commands around the agent's work: code generators, formatters and the like."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from agents.pipelines.base import Phase, Stop
from agents.pipelines.commands import Command, Ended, watch
from agents.pipelines.run import FixRun
from agents.pipelines.testing import TestPlan, environment
from agents.sandboxes.base import Network


def before(run: FixRun, plan: TestPlan, round: int) -> None:
    """Run the commands that come before the agent's first round; raises Stop when one fails."""
    if round > 1:
        return
    for number, ended in enumerate(_all(run, plan, "before", round, run.settings.before), start=1):
        if not ended.ok:
            said = f"Command {number} before the agent ended {_how(ended)}"
            raise Stop("setup_failed", said)


def after(run: FixRun, plan: TestPlan, round: int) -> None:
    """Run the commands that come after a round; what they change belongs to the change."""
    for number, ended in enumerate(_all(run, plan, "after", round, run.settings.after), start=1):
        if not ended.ok:
            run.journal.say(f"Command {number} after the agent ended {_how(ended)}")


def _all(
    run: FixRun, plan: TestPlan, when: str, round: int, commands: Sequence[str]
) -> Iterator[Ended]:
    for number, line in enumerate(commands, 1):
        yield _run(run, plan, f"{when}-{round}-{number}", line)


def _run(run: FixRun, plan: TestPlan, name: str, line: str) -> Ended:
    try:
        argv = shlex.split(line)
    except ValueError as error:
        raise Stop("setup_failed", f"The command “{line[:200]}” cannot be read: {error}.") from None
    run.journal.say(f"$ {shlex.join(argv)}")
    command = Command(
        name=f"hook-{name}",
        argv=argv,
        cwd=run.sandbox.repository,
        timeout=min(run.settings.setup_timeout, run.seconds_left()),
        env=environment(run.sandbox, plan, run.sandbox.repository),
        network=Network.NONE,
        phase=Phase.AGENT,
    )
    return watch(run.sandbox, run.journal, command)


def _how(ended: Ended) -> str:
    how = f"with {ended.exit_code}" if ended.exit_code is not None else f"early: {ended.reason}"
    return f"{how}{f'. It said: {ended.last_line}' if ended.last_line else '.'}"
