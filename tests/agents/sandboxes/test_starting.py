"""The fork server: supervisors start by fork, outlive it, and are started all the same without it."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from agents.sandboxes.base import SandboxSpec
from agents.sandboxes.local import starting
from agents.sandboxes.local.provider import LocalProvider
from agents.sandboxes.local.sandbox import LocalSandbox
from tests.agents.sandboxes.helpers import collect, is_there, python, wait_for_output, wait_until


@pytest.fixture
def sandbox(tmp_path: Path) -> LocalSandbox:
    return LocalProvider(tmp_path / "sandboxes").create(SandboxSpec("forked"))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> starting.ForkServer:
    """One of this test's own, which it may end."""
    made = starting.ForkServer()
    monkeypatch.setattr("agents.sandboxes.local.processes.fork_server", made)
    return made


def pid_of(server: starting.ForkServer) -> int:
    assert server._process is not None
    return server._process.pid


def test_commands_are_started_by_one_process(
    sandbox: LocalSandbox, server: starting.ForkServer
) -> None:
    assert sandbox.run(["true"]).ok
    first = pid_of(server)
    assert sandbox.run(["true"]).ok
    assert pid_of(server) == first


def test_a_command_outlives_the_fork_server(
    sandbox: LocalSandbox, server: starting.ForkServer
) -> None:
    code = "import sys; print('up', flush=True); sys.stdin.read(); print('end')"
    handle = sandbox.spawn(python(code), key="agent")
    wait_for_output(sandbox, handle, b"up")
    os.kill(pid_of(server), signal.SIGKILL)
    output, end = collect(sandbox, handle)
    assert (output, end.code) == (b"up\nend\n", 0)


def test_a_fork_server_that_was_ended_is_replaced(
    sandbox: LocalSandbox, server: starting.ForkServer
) -> None:
    assert sandbox.run(["true"]).ok
    before = pid_of(server)
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: server._process is not None and server._process.poll() is not None)
    assert sandbox.run(["echo", "again"]).text == "again\n"
    assert pid_of(server) != before


def test_the_fork_server_ends_with_its_worker(server: starting.ForkServer, tmp_path: Path) -> None:
    worker = os.fork()
    if not worker:  # a process of its own needs a fork server of its own
        try:
            made = LocalProvider(tmp_path / "sandboxes").create(SandboxSpec("worker"))
            made.run(["true"])
            (tmp_path / "pid").write_text(str(pid_of(server)))
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(worker, 0)
    left = int((tmp_path / "pid").read_text())
    wait_until(lambda: not is_there(left))


def test_many_threads_start_commands_at_once(
    sandbox: LocalSandbox, server: starting.ForkServer
) -> None:
    said: list[str] = []

    def start(number: int) -> None:
        said.append(sandbox.run(["echo", str(number)]).text)

    threads = [threading.Thread(target=start, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == [f"{number}\n" for number in range(8)]


def test_a_large_environment_travels_whole(
    sandbox: LocalSandbox, server: starting.ForkServer
) -> None:
    words = {f"WORD_{number}": "x" * 1000 for number in range(200)}
    result = sandbox.run(["sh", "-c", 'printf %s "$WORD_0$WORD_199" | wc -c'], env=words)
    assert result.text.strip() == "2000"


def test_what_cannot_be_started_says_why(server: starting.ForkServer, tmp_path: Path) -> None:
    assert server.start(tmp_path, b"{}").startswith("error ")
