from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from agents.pipelines import command_agent
from agents.pipelines.command_agent import MAX_EVENTS, MAX_LINE, MAX_WORDS, Lines, Patience, Told
from agents.runners.base import (
    AgentError,
    AgentEvent,
    BudgetSpent,
    Finished,
    Launch,
    Message,
    Task,
    Verdict,
)
from agents.sandboxes.base import Exited, Network, ProcessHandle, Sandbox, SandboxSpec
from agents.sandboxes.local import LocalProvider
from tests.agents.pipelines.journal import Killed, Memory, MemoryJournal

# A tiny agent: reads its prompt, says three things, one a moment after the other.
PROGRAM = """
import json, sys, time
prompt = open(sys.argv[1]).read()
for text in ("one", "two", prompt):
    print(json.dumps({"say": text}), flush=True)
    time.sleep(0.4)
print("no json at all")
print(json.dumps({"done": True}))
"""


class Cli:
    name = "cli"
    title = "Command line agent"

    def __init__(self) -> None:
        self.prepared = 0

    def prepare(self, sandbox: Sandbox) -> None:
        self.prepared += 1
        sandbox.write(f"{sandbox.root}/agent.py", PROGRAM.encode())
        sandbox.run(["mkdir", "-p", sandbox.repository])

    def command(self, task: Task, sandbox: Sandbox) -> Launch:
        words = f"{task.prompt}\n\n{task.feedback}"
        sandbox.write(f"{sandbox.root}/prompt.md", words.encode())
        return Launch(["python3", f"{sandbox.root}/agent.py", f"{sandbox.root}/prompt.md"], {})

    def parse(self, line: str) -> Iterator[AgentEvent]:
        try:
            told = json.loads(line)
        except ValueError:
            return
        yield Finished(ok=True, text="") if "done" in told else Message(told["say"])

    def judge(self, events: Sequence[AgentEvent], exited: Exited) -> Verdict:
        finished = any(isinstance(event, Finished) for event in events)
        return Verdict(finished and exited.code == 0, f"{len(events)} events")


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    sandbox = LocalProvider(tmp_path / "sandboxes").create(SandboxSpec(label="test"))
    yield sandbox
    sandbox.close()


SAID = [Message("one"), Message("two"), Message("Fix it\n\nIt still fails"), Finished(True, "")]
TASK = Task(prompt="Fix it", feedback="It still fails")


def work(
    runner: Cli,
    sandbox: Sandbox,
    journal: MemoryJournal,
    *,
    timeout: float = 30.0,
    silence: float = 30.0,
) -> Verdict:
    return command_agent.work(
        runner,
        TASK,
        sandbox,
        journal,
        patience=Patience(timeout, silence),
        reachable=lambda launch: Network.NONE,
    )


@pytest.mark.slow
def test_an_agent_is_followed_to_its_end(sandbox: Sandbox) -> None:
    memory = Memory()

    verdict = work(Cli(), sandbox, MemoryJournal(memory))

    assert verdict == Verdict(True, "4 events")
    assert memory.events == SAID


@pytest.mark.slow
def test_the_next_worker_goes_on_and_tells_nothing_twice(sandbox: Sandbox) -> None:
    memory, cli = Memory(), Cli()

    def die() -> None:
        if len(memory.events) == 2:
            raise Killed

    with pytest.raises(Killed):
        work(cli, sandbox, MemoryJournal(memory, beaten=die))

    verdict = work(cli, sandbox, MemoryJournal(memory))

    assert verdict == Verdict(True, "4 events")
    assert memory.events == SAID
    assert cli.prepared == 1


@pytest.mark.slow
def test_an_agent_that_takes_too_long_is_ended(sandbox: Sandbox) -> None:
    verdict = work(Cli(), sandbox, MemoryJournal(Memory()), timeout=0.6)

    assert not verdict.ok


class Hopeless(Cli):
    """Says something that no agent comes back from, and then tries for an hour."""

    def command(self, task: Task, sandbox: Sandbox) -> Launch:
        return Launch(["sh", "-c", "echo refused; exec sleep 3600"], {})

    def parse(self, line: str) -> Iterator[AgentEvent]:
        yield AgentError(line, fatal=True)


@pytest.mark.slow
def test_an_error_that_nothing_comes_back_from_ends_the_agent(sandbox: Sandbox) -> None:
    memory = Memory()

    verdict = work(Hopeless(), sandbox, MemoryJournal(memory))

    assert not verdict.ok
    assert memory.events == [AgentError("refused", fatal=True)]


class Spent(MemoryJournal):
    """A journal whose budget ends with the second event."""

    def emit(self, event: AgentEvent, source: str = "") -> None:
        super().emit(event, source)
        if len(self.memory.events) == 2:
            raise BudgetSpent("The budget of $1.00 is used up.")


@pytest.mark.slow
def test_a_budget_that_is_used_up_ends_the_agent_with_its_own_outcome(sandbox: Sandbox) -> None:
    memory = Memory()

    verdict = work(Cli(), sandbox, Spent(memory))

    said = "The budget of $1.00 is used up."
    assert verdict == Verdict(False, said, "budget_spent")
    assert memory.events == SAID[:2]
    ends = [each for each in sandbox.follow(ProcessHandle("agent-1")) if isinstance(each, Exited)]
    assert [end.reason for end in ends] == ["killed"]


def test_lines_come_out_whole_however_they_arrive() -> None:
    lines = Lines()

    found = [line for piece in (b"a", b"b\nc", b"\n\nd\xc3", b"\xa4") for line in lines.feed(piece)]

    assert found == ["ab", "c", ""]
    assert list(lines.last()) == ["dä"]


def test_a_line_without_end_is_left_out_and_the_next_one_is_read() -> None:
    lines = Lines()

    found = [*lines.feed(b"x" * (MAX_LINE + 1)), *lines.feed(b"yy\nnext\n")]

    assert found == ["next"]
    assert list(lines.last()) == []


def test_a_talkative_agent_does_not_use_up_the_worker() -> None:
    told = Told()
    for number in range(1_000):
        told.add(Message(f"{number} {'x' * 20_000}"))
    told.add(Finished(ok=True, text=""))

    assert sum(len(event.text) for event in told.events if isinstance(event, Message)) <= MAX_WORDS
    assert told.events[-1] == Finished(ok=True, text="")


def test_small_events_are_limited_too() -> None:
    told = Told()
    for _ in range(MAX_EVENTS + 10):
        told.add(Message(""))

    assert len(told.events) == MAX_EVENTS
