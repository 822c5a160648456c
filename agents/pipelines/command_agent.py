"""Drives an agent that is a command line program in the sandbox."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace

from agents.pipelines.base import Journal, Phase
from agents.pipelines.egress import environment
from agents.runners.base import (
    AgentError,
    AgentEvent,
    BudgetSpent,
    CommandRunner,
    Launch,
    Task,
    Verdict,
)
from agents.sandboxes.base import Blocked, Exited, Network, OutputChunk, ProcessHandle, Sandbox

MAX_LINE = 1 << 20
MAX_EVENTS = 50_000
MAX_WORDS = 8 << 20  # characters of all events that are kept for the verdict


@dataclass(frozen=True, slots=True)
class Line:
    """One line of output; `end` is the offset after it."""

    text: str
    end: int


class Lines:
    """Splits output into lines; what is longer than MAX_LINE bytes is left out."""

    def __init__(self) -> None:
        self._rest = b""
        self._offset = 0
        self._too_long = False

    def feed(self, data: bytes) -> Iterator[Line]:
        """The lines that these bytes complete."""
        *complete, rest = (self._rest + data).split(b"\n")
        for line in complete:
            self._offset += len(line) + 1
            if not self._too_long and len(line) <= MAX_LINE:
                yield Line(line.decode("utf-8", "replace"), self._offset)
            self._too_long = False
        if len(rest) > MAX_LINE:
            self._too_long = True
            self._offset += len(rest)
            rest = b""
        self._rest = rest

    def last(self) -> Iterator[Line]:
        """What stands after the last line break."""
        if self._rest and not self._too_long:
            yield Line(self._rest.decode("utf-8", "replace"), self._offset + len(self._rest))


class Told:
    """The latest events, for the verdict: a stranger's, so there is a limit to all of them."""

    def __init__(self) -> None:
        self.events: deque[AgentEvent] = deque()
        self.is_hopeless = False
        self._words = 0

    def add(self, event: AgentEvent) -> None:
        """Keep one; the oldest go when there is no room."""
        self.is_hopeless |= isinstance(event, AgentError) and event.fatal
        self.events.append(event)
        self._words += _length(event)
        while self._words > MAX_WORDS or len(self.events) > MAX_EVENTS:
            self._words -= _length(self.events.popleft())


Reachable = Callable[[Launch], Network]


def work(
    runner: CommandRunner,
    task: Task,
    sandbox: Sandbox,
    journal: Journal,
    *,
    timeout: float,
    reachable: Reachable,
) -> Verdict:
    """One round of the agent, or the rest of it when an earlier worker began it.

    The output is read from its beginning, because the verdict needs all events; those that an
    earlier worker told already are not told again. `reachable` says what its process may reach.
    An error that the agent cannot come back from ends it, as does a budget that is used up.
    """
    handle = _started(runner, task, sandbox, journal, timeout, reachable)
    try:
        return _followed(runner, task, sandbox, journal, handle)
    except BudgetSpent as spent:
        sandbox.kill(handle)
        return Verdict(False, str(spent), "budget_spent", "")


def _followed(
    runner: CommandRunner, task: Task, sandbox: Sandbox, journal: Journal, handle: ProcessHandle
) -> Verdict:
    memory = f"agent-{task.round}-told"
    told = int(journal.recall(memory) or 0)
    events = Told()
    lines = Lines()
    for output in sandbox.follow(handle):
        if isinstance(output, Exited):
            _tell(runner, lines.last(), events, journal, told)
            verdict = runner.judge(list(events.events), output)
            if output.over_limit:
                journal.say(output.error)
                return replace(verdict, ok=False, reason=output.error, outcome="sandbox_limit")
            return verdict
        if isinstance(output, OutputChunk):
            end = _tell(runner, lines.feed(output.data), events, journal, told)
            if end > told:
                told = end
                journal.remember(memory, str(told))
            if events.is_hopeless:
                # It would try for minutes what cannot come right.
                sandbox.kill(handle)
        elif isinstance(output, Blocked):
            journal.blocked(output, Phase.AGENT)
        journal.beat()
    return runner.judge(list(events.events), Exited(None, None, "lost"))


def _length(event: AgentEvent) -> int:
    values = (getattr(event, each.name) for each in fields(event))
    return sum(len(value) for value in values if isinstance(value, str))


def _started(
    runner: CommandRunner,
    task: Task,
    sandbox: Sandbox,
    journal: Journal,
    timeout: float,
    reachable: Reachable,
) -> ProcessHandle:
    """The agent's process: the same one when it was started before, whoever did that."""
    memory = f"agent-{task.round}-started"
    if not journal.recall(memory):
        runner.prepare(sandbox)
    # Also for a process that runs already: a runner may need this to read what it says.
    launch = runner.command(task, sandbox)
    handle = sandbox.spawn(
        launch.argv,
        key=f"agent-{task.round}",
        cwd=sandbox.repository,
        env=environment(launch, adds_headers=sandbox.adds_headers),
        timeout=timeout,
        network=reachable(launch),
    )
    journal.remember(memory, "yes")
    return handle


def _tell(
    runner: CommandRunner,
    lines: Iterator[Line],
    events: Told,
    journal: Journal,
    told: int,
) -> int:
    """Parse lines and emit what is new; the offset after the last line, 0 when there is none."""
    end = 0
    for line in lines:
        end = line.end
        for event in runner.parse(line.text):
            events.add(event)
            if line.end > told:
                journal.emit(event)
    return end
