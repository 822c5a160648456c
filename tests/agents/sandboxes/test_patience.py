"""A provider that hangs holds nobody: its calls end, and whatever comes too late is closed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agents.sandboxes import patience
from agents.sandboxes.base import (
    Event,
    Exited,
    Isolation,
    OutputChunk,
    ProcessHandle,
    SandboxError,
    SandboxLost,
    SandboxSpec,
)
from agents.sandboxes.patience import PatientProvider
from tests.stand_ins.directory_sandbox import DirectorySandbox


class StopNow(Exception):
    """What ends the work in these tests."""


class Balky(DirectorySandbox):
    """Waits before it answers, until it may go on."""

    def __init__(self, root: Path, gate: threading.Event) -> None:
        super().__init__(root)
        self.gate = gate
        self.closed = threading.Event()
        self.events: list[Event] = []

    def read(self, path: str, *, limit: int = 32 << 20) -> bytes:
        self.gate.wait(30)
        return super().read(path, limit=limit)

    def follow(self, handle: ProcessHandle, offset: int = 0) -> Iterator[Event]:
        yield from self.events
        self.gate.wait(30)
        raise SandboxError("It broke.")

    def close(self) -> None:
        self.closed.set()


class BalkyProvider:
    """Makes the one sandbox, when it may."""

    name = "balky"

    def __init__(self, sandbox: Balky, gate: threading.Event) -> None:
        self.sandbox = sandbox
        self.gate = gate

    def probe(self) -> Isolation:
        return Isolation.NONE

    def create(self, spec: SandboxSpec) -> Balky:
        self.gate.wait(30)
        return self.sandbox

    def connect(self, sandbox_id: str) -> Balky:
        return self.sandbox

    def list(self, label: str = "") -> list[str]:
        raise SandboxError("No sandboxes.")

    def labels(self) -> dict[str, str]:
        return {}


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()  # so that no thread outlives its test


@pytest.fixture
def sandbox(tmp_path: Path, gate: threading.Event) -> Balky:
    return Balky(tmp_path, gate)


def provider(sandbox: Balky, beat: Callable[[], None] = lambda: None) -> PatientProvider:
    return PatientProvider(BalkyProvider(sandbox, sandbox.gate), beat)


def stop() -> None:
    raise StopNow


def test_a_sandbox_that_never_starts_is_given_up_and_closed_when_it_comes(
    sandbox: Balky, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "START", 0.1)
    with pytest.raises(SandboxError, match="did not start within"):
        provider(sandbox).create(SandboxSpec("job-1"))
    assert not sandbox.closed.is_set()
    gate.set()
    assert sandbox.closed.wait(10)


def test_a_job_that_ends_while_its_sandbox_starts_waits_no_longer(
    sandbox: Balky, gate: threading.Event
) -> None:
    began = time.monotonic()
    with pytest.raises(StopNow):
        provider(sandbox, stop).create(SandboxSpec("job-1"))
    assert time.monotonic() - began < 10
    gate.set()
    assert sandbox.closed.wait(10)


def test_a_call_that_hangs_means_that_the_sandbox_is_lost(
    sandbox: Balky, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "TRANSFER", 0.1)
    with pytest.raises(SandboxLost, match="did not answer within"):
        provider(sandbox).connect("one").read("/anything")


def test_whoever_leaves_lets_a_call_come_to_its_end(
    sandbox: Balky, gate: threading.Event, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"whole")
    place = BalkyProvider(sandbox, gate)

    def spare(why: Exception) -> float:
        gate.set()
        return 10.0

    patient = PatientProvider(place, stop, spare).connect("one")
    assert patient.read(str(tmp_path / "file")) == b"whole"


def test_what_the_provider_says_is_passed_on(sandbox: Balky) -> None:
    with pytest.raises(SandboxError, match="No"):
        provider(sandbox).list()


def test_output_arrives_in_its_order_and_ends_with_the_command(sandbox: Balky) -> None:
    sandbox.events = [OutputChunk(0, b"a"), None, OutputChunk(1, b"b"), Exited(0, None, "exited")]
    events = provider(sandbox).connect("one").follow(ProcessHandle("x"))
    assert list(events) == sandbox.events


def test_an_error_of_the_stream_is_passed_on(sandbox: Balky, gate: threading.Event) -> None:
    sandbox.events = [OutputChunk(0, b"a")]
    gate.set()
    events = provider(sandbox).connect("one").follow(ProcessHandle("x"))
    assert next(events) == OutputChunk(0, b"a")
    with pytest.raises(SandboxError, match="It broke"):
        next(events)


def test_a_sandbox_that_falls_silent_is_lost(
    sandbox: Balky, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "SILENCE", 0.1)
    with pytest.raises(SandboxLost, match="said nothing"):
        next(provider(sandbox).connect("one").follow(ProcessHandle("x")))


def test_a_job_that_ends_does_not_wait_for_the_next_word(sandbox: Balky) -> None:
    with pytest.raises(StopNow):
        next(provider(sandbox, stop).connect("one").follow(ProcessHandle("x")))
