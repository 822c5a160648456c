"""A long command at E2B outlives the worker that began it, and is told once."""

from __future__ import annotations

import pytest

from agents.pipelines.commands import Command, watch
from agents.sandboxes.base import SandboxLost
from agents.sandboxes.e2b.provider import E2BProvider
from agents.sandboxes.e2b.sandbox import E2BSandbox
from tests.agents.pipelines.journal import Killed, Memory, MemoryJournal
from tests.stand_ins.e2b.server import E2BDouble

pytestmark = pytest.mark.slow

WAITS = 'echo one; until [ -e "$0/go" ]; do sleep 0.05; done; echo two; echo x >> "$0/runs"; exit 3'


def die() -> None:
    raise Killed


def test_the_next_worker_follows_the_same_process(
    sandbox: E2BSandbox, provider: E2BProvider
) -> None:
    memory = Memory()
    command = Command("tests-1", ["sh", "-c", WAITS, sandbox.root], sandbox.root, 60.0)
    with pytest.raises(Killed):
        watch(sandbox, MemoryJournal(memory, beaten=die), command)
    sandbox.write(f"{sandbox.root}/go", b"")

    for _ in range(2):  # while it runs or when it has ended
        found = provider.connect(sandbox.id)
        ended = watch(found, MemoryJournal(memory), command)
        assert (ended.exit_code, ended.reason) == (3, "exited")
        assert memory.output == b"one\ntwo\n"
        assert sandbox.read(f"{sandbox.root}/runs") == b"x\n"
    assert memory.lines == []


def test_a_machine_that_is_gone_is_no_place_to_begin_again(
    sandbox: E2BSandbox, double: E2BDouble
) -> None:
    memory = Memory()
    command = Command("tests-1", ["sh", "-c", WAITS, sandbox.root], sandbox.root, 60.0)

    there = [sandbox.id]

    def vanish() -> None:
        if there:
            double.vanish(there.pop())

    with pytest.raises(SandboxLost):
        watch(sandbox, MemoryJournal(memory, beaten=vanish), command)
