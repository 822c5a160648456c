"""An agent that prints a long text, known beforehand, while it corrects the till.

It comes from outside, as another package's would: by an entry point. It needs no model.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from agents.logs.scrubber import MASK
from agents.runners.base import AgentEvent, Finished, Launch, Message, Task, Verdict
from agents.runners.entry import AgentEntry
from agents.runners.render import render
from agents.sandboxes.base import Exited, Sandbox, SandboxError
from tests.live.faults import steady_program
from tests.live.faults.steady_program import END, line
from tests.live.faults.till import RIGHT, TEST

# Of the product; must never be shown, whoever prints it.
SECRET = "gho-secret-of-the-app-5d20+<&>of-dana"
LINES, PAUSE = "STEADY_LINES", "STEADY_PAUSE"  # variables of the worker: how many, how fast
MODEL = "ollama:steady"
WORDS = "The total is right now."


class SteadyRunner:
    """See the module."""

    name = "steady"
    title = "Steady"

    def __init__(self, count: int, pause: float) -> None:
        self._count = count
        self._pause = pause

    def prepare(self, sandbox: Sandbox) -> None:
        if not sandbox.run(["python3", "--version"]).ok:
            raise SandboxError("There is no Python in the sandbox.")

    def command(self, task: Task, sandbox: Sandbox) -> Launch:
        program = f"{sandbox.root}/steady/program.py"
        sandbox.write(program, Path(steady_program.__file__).read_bytes())
        words = [str(self._count), str(self._pause), SECRET, TEST, RIGHT]
        argv = ["python3", program, sandbox.id, *words]
        return Launch(argv, {**task.test_env, "HOME": f"{sandbox.root}/steady"})

    def parse(self, line: str) -> Iterator[AgentEvent]:
        yield Finished(True, WORDS) if line == END else Message(line)

    def judge(self, events: Sequence[AgentEvent], exited: Exited) -> Verdict:
        if events and isinstance(events[-1], Finished) and exited.code == 0:
            return Verdict(True, WORDS)
        said = events[-1].text if events and isinstance(events[-1], Message) else ""
        return Verdict(False, f"It ended early ({exited.reason}): {said}", "agent_failed")


def expected(count: int) -> str:
    """What the log must hold of it: every character, but for the secret."""
    runner = SteadyRunner(count, 0)
    lines = [*(line(number, MASK) for number in range(1, count + 1)), END]
    return "".join(render(event) for each in lines for event in runner.parse(each))


def _create(values: Mapping[str, str]) -> SteadyRunner:
    return SteadyRunner(int(os.environ[LINES]), float(os.environ[PAUSE]))


ENTRY = AgentEntry(
    "steady",
    "Steady",
    "Prints what is known beforehand.",
    "command",
    _create,
    providers=("ollama",),
)
