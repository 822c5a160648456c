"""`bin/up` with its real processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from soulcaster.launch.home import CHECKOUT
from tests.soulcaster.launch.waiting import is_alive, until

pytestmark = pytest.mark.live


class Launched:
    """A running `bin/up`."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, "-m", "soulcaster.launch", "up", "--home", str(home), *arguments],
            cwd=CHECKOUT,
            env={"PATH": os.defpath, "HOME": str(home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said: list[str] = []

    def await_ready(self) -> str:
        """The address."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if "Ready: " in line:
                return line.partition("Ready: ")[2].strip()
        pytest.fail("".join(self.said))

    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads((self.home / "run.lock").read_text())
        return facts

    def pids(self) -> list[int]:
        return list(self.facts()["processes"].values())

    def end(self, number: signal.Signals) -> int:
        """Send the signal and wait; the exit code."""
        self.process.send_signal(number)
        self.process.communicate(timeout=60)
        return self.process.returncode


@contextmanager
def launched(home: Path, *arguments: str) -> Iterator[Launched]:
    """Never leaves anything behind: the kernel ends the launcher's children."""
    launcher = Launched(home, *arguments)
    try:
        yield launcher
    finally:
        launcher.process.kill()
        launcher.process.communicate()


def status_of(address: str) -> int:
    with urllib.request.urlopen(f"{address}/readyz", timeout=20) as answer:
        return int(answer.status)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_of_it(tmp_path: Path, number: signal.Signals) -> None:
    with launched(tmp_path, "--port", "0") as launcher:
        assert status_of(launcher.await_ready()) == 200
        pids = launcher.pids()
        assert set(launcher.facts()["processes"]) == {"valkey", "web", "worker", "cpu", "beat"}
        assert launcher.end(number) == 0
    assert not any(is_alive(pid) for pid in pids)


def test_nothing_is_left_when_it_is_killed_and_the_next_one_starts(tmp_path: Path) -> None:
    with launched(tmp_path, "--port", "0") as launcher:
        launcher.await_ready()
        pids = launcher.pids()
        launcher.end(signal.SIGKILL)
    until(lambda: not any(is_alive(pid) for pid in pids))
    with launched(tmp_path, "--port", "0") as launcher:
        assert status_of(launcher.await_ready()) == 200


def test_the_second_one_names_the_first_and_ends(tmp_path: Path) -> None:
    with launched(tmp_path, "--port", "0") as first:
        address = first.await_ready()
        with launched(tmp_path, "--port", "0") as second:
            output, _ = second.process.communicate(timeout=30)
        assert second.process.returncode == 1
        assert f"runs already at {address}" in output
        assert status_of(address) == 200


def test_a_taken_port_is_said_and_another_one_used(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with launched(tmp_path, "--port", str(port)) as launcher:
            address = launcher.await_ready()
    assert not address.endswith(f":{port}")
    assert any(f"Port {port} is taken" in line for line in launcher.said)


def test_a_crashed_web_process_comes_back_at_the_same_address(tmp_path: Path) -> None:
    with launched(tmp_path, "--port", "0") as launcher:
        address = launcher.await_ready()
        os.kill(launcher.facts()["processes"]["web"], signal.SIGKILL)
        assert status_of(address) == 200  # the question waits for the new one
