"""A command that a worker left running is taken up where it is, and told once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from agents.pipelines.base import Cancelled
from agents.pipelines.commands import Command, Ended, begun, watch
from agents.sandboxes.base import (
    Event,
    Exited,
    OutputChunk,
    ProcessHandle,
    Sandbox,
    SandboxSpec,
)
from agents.sandboxes.local import LocalProvider
from tests.agents.pipelines.journal import Killed, Memory, MemoryJournal

SLOW = Command("tests-1", ["sh", "-c", 'echo one; until [ -e "$0/go" ]; do sleep 0.05; done; echo two >&2; echo x >> "$0/runs"; exit 3'], "", 60.0)  # fmt: skip


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    sandbox = LocalProvider(tmp_path / "sandboxes").create(SandboxSpec(label="test"))
    yield sandbox
    sandbox.close()


def command(sandbox: Sandbox) -> Command:
    return Command(SLOW.name, [*SLOW.argv, sandbox.root], sandbox.root, 60.0, note="report")


@pytest.mark.slow
def test_the_next_worker_follows_the_same_process(sandbox: Sandbox) -> None:
    memory, prepared = Memory(), list[str]()

    def die() -> None:
        raise Killed

    with pytest.raises(Killed):
        watch(
            sandbox,
            MemoryJournal(memory, beaten=die),
            command(sandbox),
            lambda: prepared.append("first"),
        )
    assert memory.output == b"one\n"
    noted = begun(sandbox, MemoryJournal(memory), SLOW.name)
    assert noted is not None
    assert noted.note == "report"
    sandbox.write(f"{sandbox.root}/go", b"")

    ended = watch(
        sandbox, MemoryJournal(memory), command(sandbox), lambda: prepared.append("second")
    )

    assert (ended.exit_code, ended.reason, ended.tail) == (3, "exited", "one\ntwo\n")
    assert memory.output == b"one\ntwo\n"
    assert prepared == ["first"]
    # And once more, for a worker that comes when it has ended.
    assert watch(sandbox, MemoryJournal(memory), command(sandbox)).exit_code == 3
    assert memory.output == b"one\ntwo\n"
    assert sandbox.read(f"{sandbox.root}/runs") == b"x\n"


class Places:
    """A sandbox whose processes end as they are told, one after the other."""

    root = "/box"

    def __init__(self, *ends: str, id: str = "box") -> None:
        self.id = id
        self.keys: list[str] = []
        self._ends = iter(ends)

    def spawn(self, argv: Sequence[str], *, key: str, **_: object) -> ProcessHandle:
        self.keys.append(key)
        return ProcessHandle(key)

    def follow(self, handle: ProcessHandle) -> Iterator[Event]:
        yield OutputChunk(0, f"{handle.id}\n".encode())
        reason = next(self._ends)
        yield Exited(0 if reason == "exited" else None, None, reason)


def run(places: Places, memory: Memory, **hooks: object) -> Ended:
    journal = MemoryJournal(memory, **hooks)  # type: ignore[arg-type]
    return watch(places, journal, Command("setup-x", ["x"], "/box", 60.0))  # type: ignore[arg-type]


@pytest.mark.parametrize("reason", ["lost", "lease", "anchor"])
def test_a_process_that_was_lost_begins_once_more_and_the_log_says_so(reason: str) -> None:
    memory, places = Memory(), Places(reason, "exited")

    assert run(places, memory).ok

    assert places.keys == ["setup-x", "setup-x-again-2"]
    assert memory.lines == [f"The command was lost on the way ({reason}), so it begins once more."]
    assert memory.output == b"setup-x\nsetup-x-again-2\n"


def test_a_process_that_is_lost_twice_is_given_up() -> None:
    assert run(Places("lost", "lost"), Memory()).reason == "lost"


def test_what_is_lost_with_the_end_of_the_job_does_not_begin_again() -> None:
    def cancel() -> None:
        raise Cancelled

    memory, places = Memory(), Places("lost")
    with pytest.raises(Cancelled):
        run(places, memory, beaten=cancel)
    assert (places.keys, memory.lines) == (["setup-x"], [])


def test_in_another_sandbox_it_is_another_process() -> None:
    memory = Memory()
    run(Places("exited"), memory)
    another = Places("exited", id="another")
    run(another, memory)

    assert another.keys == ["setup-x-again-2"]
    assert memory.output == b"setup-x\nsetup-x-again-2\n"


@pytest.mark.parametrize("reason", ["exited", "timeout", "killed", "memory", "disk", "error"])
def test_any_other_end_is_its_own(reason: str) -> None:
    places = Places(reason)
    assert run(places, Memory()).reason == reason
    assert places.keys == ["setup-x"]
