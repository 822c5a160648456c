"""An agent that hangs or takes too long is ended with all it started, whoever waits for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.pipelines.agent_round import Deadline, Overdue
from agents.pipelines.command_agent import Patience
from agents.runners.base import Launch, Listener, Message, Task, Verdict
from agents.sandboxes.base import Exited, ProcessHandle, Sandbox, SandboxSpec
from agents.sandboxes.local import LocalProvider
from tests.agents.pipelines.agents_of_tests import Editor
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.journal import Killed, Memory, MemoryJournal
from tests.agents.pipelines.projects import CHECK, NEW_CHECK, PRICE, RIGHT
from tests.agents.pipelines.test_command_agent import Cli, work


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    sandbox = LocalProvider(tmp_path / "sandboxes").create(SandboxSpec(label="test"))
    yield sandbox
    sandbox.close()


class Silent(Cli):
    """Says one thing, and then waits for what it started."""

    def command(self, task: Task, sandbox: Sandbox) -> Launch:
        script = """echo '{"say": "one"}'; sleep 3600 & wait"""
        return Launch(["sh", "-c", script], {})


def ends(sandbox: Sandbox) -> list[str]:
    events = sandbox.follow(ProcessHandle("agent-1"))
    return [event.reason for event in events if isinstance(event, Exited)]


@pytest.mark.slow
def test_an_agent_that_falls_silent_is_ended(sandbox: Sandbox) -> None:
    memory = Memory()

    verdict = work(Silent(), sandbox, MemoryJournal(memory), silence=1.0)

    said = "Command line agent said nothing for 1 seconds and was ended with all it had started."
    assert (verdict.ok, verdict.outcome, verdict.reason) == (False, "agent_idle", said)
    assert memory.events == [Message("one")]
    assert ends(sandbox) == ["killed"]
    # Also for the worker that comes when the one who ended it is dead.
    assert work(Silent(), sandbox, MemoryJournal(memory)).outcome == "agent_idle"


@pytest.mark.slow
def test_an_agent_that_speaks_now_and_then_is_not_idle(sandbox: Sandbox) -> None:
    assert work(Cli(), sandbox, MemoryJournal(Memory()), silence=1.2).ok


@pytest.mark.slow
def test_an_agent_whose_process_was_lost_begins_once_more(sandbox: Sandbox) -> None:
    memory, cli = Memory(), Cli()

    def die() -> None:
        if memory.events:
            raise Killed

    with pytest.raises(Killed):
        work(cli, sandbox, MemoryJournal(memory, beaten=die))
    follow = sandbox.follow

    class Lost:
        """The sandbox, which has lost the first process."""

        def __getattr__(self, name: str) -> object:
            return getattr(sandbox, name)

        def follow(self, handle: ProcessHandle) -> object:
            gone = handle.id == "agent-1"
            return iter([Exited(None, None, "anchor")]) if gone else follow(handle)

    verdict = work(cli, Lost(), MemoryJournal(memory))  # type: ignore[arg-type]

    assert verdict.ok
    assert memory.lines == ["The agent was lost on the way (anchor), so it begins once more."]
    assert memory.events.count(Message("two")) == 1


def test_a_hosted_agent_is_asked_for_its_time_at_every_beat(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr("agents.pipelines.agent_round.time.monotonic", lambda: now[0])
    deadline = Deadline(MemoryJournal(Memory()), "agent-1", "Agent", Patience(100.0, 10.0))

    for now[0] in (9.0, 18.0):
        deadline.emit(Message("at work"))
    now[0] = 28.0
    deadline.beat()
    now[0] = 28.1
    with pytest.raises(Overdue, match="said nothing for 10 seconds") as idle:
        deadline.beat()
    now[0] = 101.0
    with pytest.raises(Overdue, match="did not end within 100 seconds") as late:
        deadline.emit(Message("too late"))
    assert (idle.value.outcome, late.value.outcome) == ("agent_idle", "time_limit")


@pytest.mark.slow
def test_a_hosted_agent_whose_model_never_answers_keeps_what_it_did(quick: Bench) -> None:
    def hangs(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        for path, text in {PRICE: RIGHT, CHECK: NEW_CHECK}.items():
            sandbox.write(f"{sandbox.repository}/{path}", text.encode())
        waiting = threading.Event()
        while True:  # as the relay does while a model is asked
            waiting.wait(0.05)
            listener.beat()

    quick.runner = Editor(hangs)
    quick.change(idle_timeout=0.5)

    result = quick.run()

    assert (result.outcome, result.verified) == ("verified", True)
    assert "said nothing for 0.5 seconds" in quick.memory.log


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limits", "outcome"),
    [({"agent_timeout": 1.0}, "agent_limit"), ({"idle_timeout": 1.0}, "agent_idle")],
)
def test_a_round_without_commits_ends_the_job_with_its_limit(
    quick: Bench, limits: dict[str, float], outcome: str
) -> None:
    class Hangs(Silent):
        def prepare(self, sandbox: Sandbox) -> None:
            """Nothing to do."""

        def judge(self, events: object, exited: Exited) -> Verdict:
            timed_out = exited.reason == "timeout"
            return Verdict(False, "It was ended.", "time_limit" if timed_out else "agent_failed")

    quick.runner = Hangs()
    quick.change(**limits)

    assert quick.run().outcome == outcome
    assert quick.left_over() == []
