"""A command belongs to nobody who may die: it goes on without its worker, and always ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.sandboxes.base import SandboxSpec
from agents.sandboxes.local import LocalProvider, LocalSandbox, processes
from tests.agents.sandboxes.helpers import (
    HOSTILE_TREE,
    collect,
    locks_held,
    processes_with,
    python,
    wait_for_output,
    wait_until,
)

# Says the offset of what it has taken in, then waits to be killed. It spawns from a thread that
# ends: a signal at the parent's death would fire then already.
WORKER = """
import sys, threading
from pathlib import Path
from agents.sandboxes.local import LocalProvider
from agents.sandboxes.base import OutputChunk, ProcessHandle
root, name, *argv = sys.argv[1:]
sandbox = LocalProvider(Path(root)).connect(name)
starter = threading.Thread(target=sandbox.spawn, args=(argv,), kwargs={"key": "agent"})
starter.start()
starter.join()
for event in sandbox.follow(ProcessHandle("agent")):
    if isinstance(event, OutputChunk):
        print(event.end, flush=True)
"""
STREAM = "seq 1000; until [ -e go ]; do sleep 0.02; done; seq 1001 2000; exit 7"


@pytest.fixture
def sandbox(tier_provider: LocalProvider) -> Iterator[LocalSandbox]:
    sandbox = tier_provider.create(SandboxSpec("durable"))
    yield sandbox
    sandbox.close()


def run_dir(sandbox: LocalSandbox, key: str = "agent") -> Path:
    return Path(sandbox.root).parent / "runs" / key


def spawn_tree(sandbox: LocalSandbox) -> str:
    """A hostile tree that is up; the word that its processes carry."""
    word = f"tree-{sandbox.id}"
    handle = sandbox.spawn(python(HOSTILE_TREE, word), key="agent")
    wait_for_output(sandbox, handle, b"tree is up")
    # The command and its three daemons; bubblewrap shows the words as well.
    assert len(processes_with(word)) >= 4
    return word


def test_a_killed_worker_costs_nothing(sandbox: LocalSandbox) -> None:
    root = str(Path(sandbox.root).parent.parent)
    command = [sys.executable, "-c", WORKER, root, sandbox.id, "sh", "-c", STREAM]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, start_new_session=True, cwd=Path(__file__).parents[3]
    ) as worker:
        assert worker.stdout is not None
        offset = int(worker.stdout.readline())
        os.killpg(worker.pid, signal.SIGKILL)
    sandbox.write(f"{sandbox.root}/go", b"")
    handle = sandbox.spawn(["sh", "-c", STREAM], key="agent")

    expected = "".join(f"{number}\n" for number in range(1, 2001)).encode()
    rest, end = collect(sandbox, handle, offset)
    assert rest == expected[offset:]
    assert (end.code, end.reason) == (7, "exited")
    assert collect(sandbox, handle)[0] == expected


def test_a_killed_supervisor_leaves_nobody_and_never_reads_as_success(
    sandbox: LocalSandbox,
) -> None:
    word = spawn_tree(sandbox)
    record = json.loads((run_dir(sandbox) / "handle.json").read_text())
    os.kill(record["supervisor"], signal.SIGKILL)
    wait_until(lambda: not processes.alive(run_dir(sandbox)))

    handle = sandbox.spawn(["true"], key="agent")
    end = collect(sandbox, handle)[1]

    assert (end.code, end.reason) == (None, "lost")
    wait_until(lambda: not processes_with(word))


def test_a_killed_sandbox_never_reads_as_success(sandbox: LocalSandbox) -> None:
    word = spawn_tree(sandbox)
    record = json.loads((run_dir(sandbox) / "handle.json").read_text())
    if "init" not in record:
        pytest.skip("this tier has no first process; choose one with namespaces")
    os.kill(record["init"], signal.SIGKILL)

    end = collect(sandbox, sandbox.spawn(["true"], key="agent"))[1]

    assert end.code != 0
    assert not processes_with(word)


def test_a_command_that_nobody_follows_ends_with_its_lease(tier_provider: LocalProvider) -> None:
    sandbox = tier_provider.create(SandboxSpec("lease", lease_seconds=0.3))
    try:
        handle = sandbox.spawn(python(HOSTILE_TREE), key="agent")
        wait_until(lambda: not processes.alive(run_dir(sandbox)))
        assert collect(sandbox, handle)[1].reason == "lease"
        assert locks_held(sandbox) == 0
    finally:
        sandbox.close()


@pytest.mark.slow
def test_following_renews_the_lease(any_provider: LocalProvider) -> None:
    sandbox = any_provider.create(SandboxSpec("lease", lease_seconds=1.5))
    try:
        handle = sandbox.spawn(["sh", "-c", "sleep 2.5; exit 5"], key="agent")
        assert collect(sandbox, handle)[1].code == 5
    finally:
        sandbox.close()


def test_the_end_of_the_launcher_ends_the_command(tier_provider: LocalProvider) -> None:
    tier = tier_provider.probe().value
    with subprocess.Popen(["sleep", "600"]) as launcher:
        provider = LocalProvider(tier_provider.root, tier=tier, anchor=launcher.pid)
        sandbox = provider.create(SandboxSpec("anchor"))
        try:
            word = spawn_tree(sandbox)
            launcher.kill()
            launcher.wait()
            wait_until(lambda: not processes_with(word))
            end = collect(sandbox, sandbox.spawn(["true"], key="agent"))[1]
        finally:
            launcher.kill()
            sandbox.close()

    assert (end.code, end.reason) == (None, "anchor")


def test_the_wall_limit_of_the_sandbox_ends_every_command(tier_provider: LocalProvider) -> None:
    sandbox = tier_provider.create(SandboxSpec("wall", wall_seconds=0.3))
    try:
        began = time.monotonic()
        handle = sandbox.spawn(python(HOSTILE_TREE), key="agent", timeout=600)
        end = collect(sandbox, handle)[1]
    finally:
        sandbox.close()

    assert (end.code, end.reason) == (None, "timeout")
    assert time.monotonic() - began < 5


def test_many_who_start_the_same_key_start_it_once(any_provider: LocalProvider) -> None:
    sandbox = any_provider.create(SandboxSpec("race"))
    root = str(any_provider.root)
    argv = ["sh", "-c", "echo x >> starts; until [ -e go ]; do sleep 0.02; done; cat starts"]
    command = [sys.executable, "-c", WORKER, root, sandbox.id, *argv]
    home = Path(__file__).parents[3]
    try:
        workers = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=home) for _ in range(4)]
        sandbox.write(f"{sandbox.root}/go", b"")
        offsets = [worker.communicate(timeout=30)[0] for worker in workers]
        output = collect(sandbox, sandbox.spawn(argv, key="agent"))[0]
    finally:
        sandbox.close()

    assert offsets == [b"2\n"] * 4
    assert output == b"x\n"


def test_a_stale_handle_hits_nobody(any_provider: LocalProvider) -> None:
    sandbox = any_provider.create(SandboxSpec("stale"))
    try:
        handle = sandbox.spawn(["sleep", "600"], key="agent")
        path = run_dir(sandbox) / "handle.json"
        record = json.loads(path.read_text())
        with subprocess.Popen(["sleep", "600"]) as innocent:
            forged = {"supervisor": innocent.pid, "supervisor_start": 1, "init": innocent.pid}
            sandbox.kill(handle)
            path.write_text(json.dumps(record | forged | {"init_start": 1}))
            sandbox.kill(handle)
            assert innocent.poll() is None
            innocent.kill()
    finally:
        sandbox.close()


def test_a_record_cut_short_reads_as_lost(any_provider: LocalProvider) -> None:
    sandbox = any_provider.create(SandboxSpec("short"))
    try:
        handle = sandbox.spawn(["true"], key="agent")
        assert collect(sandbox, handle)[1].code == 0
        wait_until(lambda: not processes.alive(run_dir(sandbox)))
        (run_dir(sandbox) / "exit.json").write_text('{"code": 0, "rea')
        assert collect(sandbox, handle)[1].reason == "lost"
    finally:
        sandbox.close()
