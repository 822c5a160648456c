"""Drives an agent that is a command line program in the sandbox."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace

from agents.pipelines.base import Journal, Phase
from agents.pipelines.commands import LOST, begun, note_begun, numbered
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
from agents.sandboxes.base import (
    Blocked,
    Event,
    Exited,
    Network,
    OutputChunk,
    ProcessHandle,
    Sandbox,
)

MAX_LINE = 1 << 20
MAX_EVENTS = 50_000
MAX_WORDS = 8 << 20  # characters of all events that are kept for the verdict


class Lines:
    """Splits output into lines; what is longer than MAX_LINE bytes is left out."""

    def __init__(self) -> None:
        self._rest = b""
        self._too_long = False

    def feed(self, data: bytes) -> Iterator[str]:
        """The lines that these bytes complete."""
        *complete, rest = (self._rest + data).split(b"\n")
        for line in complete:
            if not self._too_long and len(line) <= MAX_LINE:
                yield line.decode("utf-8", "replace")
            self._too_long = False
        if len(rest) > MAX_LINE:
            self._too_long = True
        self._rest = b"" if self._too_long else rest

    def last(self) -> Iterator[str]:
        """What stands after the last line break."""
        if self._rest and not self._too_long:
            yield self._rest.decode("utf-8", "replace")


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


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that a round may take, and that its agent may be silent."""

    round: float
    silence: float


def work(
    runner: CommandRunner,
    task: Task,
    sandbox: Sandbox,
    journal: Journal,
    *,
    patience: Patience,
    reachable: Reachable,
) -> Verdict:
    """One round of the agent, or the rest of it when an earlier worker began it.

    The output is read from its beginning, because the verdict needs all events; the journal knows
    which of them are told already. `reachable` says what its process may reach. An error that the
    agent cannot come back from ends it, as does a budget that is used up, or its silence. Only an
    agent whose process was lost with its worker begins once more, with what it left behind.
    """
    agent = _Agent(runner, task, sandbox, journal, patience, reachable)
    exited = agent.followed()
    if exited.reason in LOST:
        journal.beat()  # a sandbox that was closed to end the job loses what runs in it, too
        journal.say(f"The agent was lost on the way ({exited.reason}), so it begins once more.")
        agent.begin()
        exited = agent.followed()
    return agent.verdict(exited)


class _Agent:
    """One round's process, which may have been begun by an earlier worker."""

    def __init__(
        self,
        runner: CommandRunner,
        task: Task,
        sandbox: Sandbox,
        journal: Journal,
        patience: Patience,
        reachable: Reachable,
    ) -> None:
        self._runner = runner
        self._task = task
        self._sandbox = sandbox
        self._journal = journal
        self._patience = patience
        self._reachable = reachable
        self._told = Told()
        self._ended = ""  # the outcome of a round that we ended
        self._said = ""  # why, as a sentence
        self._name = f"agent-{task.round}"
        before = begun(sandbox, journal, self._name)
        if before is None:
            self.begin()
        else:
            self._number = before.number

    def begin(self) -> None:
        """A process of its own from here on."""
        self._runner.prepare(self._sandbox)
        self._number = note_begun(self._sandbox, self._journal, self._name).number
        self._told = Told()

    def followed(self) -> Exited:
        """Tell what the process says, to its end."""
        source = numbered(self._name, self._number)
        handle = self._spawned(source)
        exited = Exited(None, None, "lost")
        try:
            for event in self._events(handle, source):
                if isinstance(event, Exited):
                    exited = event
        except BudgetSpent as spent:
            self._ended, self._said = "budget_spent", str(spent)
            self._sandbox.kill(handle)
            exited = Exited(None, None, "killed")
        self._journal.ended(source)
        return exited

    def _spawned(self, key: str) -> ProcessHandle:
        # Also for a process that runs already: a runner may need this to read what it says.
        launch = self._runner.command(self._task, self._sandbox)
        return self._sandbox.spawn(  # the same key is the same process
            launch.argv,
            key=key,
            cwd=self._sandbox.repository,
            env=environment(launch, adds_headers=self._sandbox.adds_headers),
            timeout=self._patience.round,
            network=self._reachable(launch),
        )

    def _events(self, handle: ProcessHandle, source: str) -> Iterator[Event]:
        lines, heard = Lines(), time.monotonic()
        for output in self._sandbox.follow(handle):
            if isinstance(output, Exited):
                self._tell(lines.last(), source)
            elif isinstance(output, OutputChunk):
                heard = time.monotonic()
                self._tell(lines.feed(output.data), source)
                if self._told.is_hopeless:
                    # It would try for minutes what cannot come right.
                    self._sandbox.kill(handle)
            elif isinstance(output, Blocked):
                self._journal.blocked(output, Phase.AGENT)
            if time.monotonic() - heard > self._patience.silence:
                self._end_silence(handle)
                heard = time.monotonic()
            self._journal.beat()
            yield output

    def _tell(self, lines: Iterator[str], source: str) -> None:
        for line in lines:
            for event in self._runner.parse(line):
                self._told.add(event)
                self._journal.emit(event, source)

    def _end_silence(self, handle: ProcessHandle) -> None:
        # First the reason: the next worker finds a process that was killed, and must know why.
        self._journal.remember(f"{self._name}-idle", "yes")
        self._sandbox.kill(handle)

    def verdict(self, exited: Exited) -> Verdict:
        """What the round came to."""
        if self._ended:
            return Verdict(False, self._said, self._ended)
        verdict = self._runner.judge(list(self._told.events), exited)
        if exited.over_limit:
            self._journal.say(exited.error)
            return replace(verdict, ok=False, reason=exited.error, outcome="sandbox_limit")
        if exited.reason == "killed" and self._journal.recall(f"{self._name}-idle"):
            said = idle_text(self._runner.title, self._patience.silence)
            return replace(verdict, ok=False, reason=said, outcome="agent_idle")
        return verdict


def idle_text(title: str, seconds: float) -> str:
    """Why an agent was ended that fell silent."""
    return f"{title} said nothing for {seconds:g} seconds and was ended with all it had started."


def _length(event: AgentEvent) -> int:
    values = (getattr(event, each.name) for each in fields(event))
    return sum(len(value) for value in values if isinstance(value, str))
