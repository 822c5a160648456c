"""Sandboxes whose calls always come to an end, whatever the provider does.

A provider that hangs must not hold a worker: each call runs on a thread of its own, while the
caller's thread asks the job every moment whether to go on.
"""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from functools import partial
from pathlib import Path
from typing import TypeVar

from agents.sandboxes import fullness
from agents.sandboxes.base import (
    CommandResult,
    Event,
    Exited,
    Isolation,
    Network,
    OutputChunk,
    ProcessHandle,
    Sandbox,
    SandboxError,
    SandboxLost,
    SandboxProvider,
    SandboxSpec,
)

T = TypeVar("T")

START = 50.0  # seconds for a sandbox to be there
SHORT = 50.0  # seconds for what needs a moment
TRANSFER = 180.0  # seconds for what moves files
SILENCE = 50.0  # seconds without a word from `follow`, which speaks about every second
_BEAT = 0.25
_AHEAD = 16  # events that may wait for whoever follows

Beat = Callable[[], None]
Spare = Callable[[Exception], float]


class Patience:
    """Waits for calls. `beat` raises what ends the work; a call is then left alone.

    `spare` says how many seconds it may still take, so that it is not left half done.
    """

    def __init__(self, beat: Beat, spare: Spare) -> None:
        self._beat = beat
        self._spare = spare

    def wait(self, call: Callable[[], T], seconds: float, doing: str) -> T:
        """The call's result; raises SandboxLost when it takes longer."""
        answer: Future[T] = Future()
        # A daemon: a call that hangs must not keep the worker from ending.
        context = contextvars.copy_context()
        threading.Thread(
            target=context.run, args=(_answer, call, answer), name="sandbox", daemon=True
        ).start()
        deadline = time.monotonic() + seconds
        while not _is_there(answer, _BEAT):
            try:
                self._beat()
            except Exception as error:
                if not _is_there(answer, self._spare(error)):
                    raise
            if time.monotonic() > deadline:
                raise SandboxLost(f"The sandbox did not {doing} within {seconds:.0f} seconds.")
        return answer.result()

    def follow(self, events: Callable[[], Iterator[Event]]) -> Iterator[Event]:
        """The same events; raises SandboxLost when nothing comes for too long."""
        ahead: queue.Queue[Event | Exception] = queue.Queue(_AHEAD)
        gone = threading.Event()
        context = contextvars.copy_context()
        threading.Thread(
            target=context.run, args=(_read, events, ahead, gone), name="sandbox", daemon=True
        ).start()
        heard = time.monotonic()
        try:
            while True:
                try:
                    event = ahead.get(timeout=_BEAT)
                except queue.Empty:
                    self._beat()
                    if time.monotonic() - heard > SILENCE:
                        said = f"The sandbox said nothing for {SILENCE:.0f} seconds."
                        raise SandboxLost(said) from None
                    continue
                if isinstance(event, Exception):
                    raise event
                yield event
                heard = time.monotonic()
                if isinstance(event, Exited):
                    return
        finally:
            gone.set()


def _is_there(answer: Future[T], seconds: float) -> bool:
    return bool(wait([answer], timeout=seconds).done)


def _answer(call: Callable[[], T], answer: Future[T]) -> None:
    try:
        answer.set_result(call())
    except BaseException as error:  # noqa: BLE001 - raised again on the caller's thread
        answer.set_exception(error)


def _read(
    events: Callable[[], Iterator[Event]],
    ahead: queue.Queue[Event | Exception],
    gone: threading.Event,
) -> None:
    try:
        for event in events():
            if not _put(event, ahead, gone):
                return
        _put(SandboxLost("The command ended without a word."), ahead, gone)
    except Exception as error:  # noqa: BLE001 - raised again on the caller's thread
        _put(error, ahead, gone)


def _put(
    event: Event | Exception, ahead: queue.Queue[Event | Exception], gone: threading.Event
) -> bool:
    """False when nobody listens any more."""
    while not gone.is_set():
        try:
            ahead.put(event, timeout=_BEAT)
        except queue.Full:
            continue
        return True
    return False


class PatientProvider:
    """A provider whose calls end. `beat` and `spare` are those of `Patience`."""

    def __init__(
        self, provider: SandboxProvider, beat: Beat, spare: Spare = lambda error: 0.0
    ) -> None:
        self._provider = provider
        self._patience = Patience(beat, spare)
        self.name = provider.name

    def probe(self) -> Isolation:
        """See SandboxProvider."""
        return self._patience.wait(self._provider.probe, START, "start")

    def create(self, spec: SandboxSpec) -> Sandbox:
        """See SandboxProvider. One that comes too late is closed."""
        late = _Late()
        try:
            made = self._patience.wait(partial(self._create, spec, late), START, "start")
        except SandboxLost as error:
            late.set()
            raise SandboxError(str(error)) from error
        except BaseException:
            late.set()
            raise
        return PatientSandbox(made, self._patience)

    def connect(self, sandbox_id: str) -> Sandbox:
        """See SandboxProvider."""
        call = partial(self._provider.connect, sandbox_id)
        return PatientSandbox(self._patience.wait(call, SHORT, "answer"), self._patience)

    def list(self, label: str = "") -> Sequence[str]:
        """See SandboxProvider."""
        return self._patience.wait(partial(self._provider.list, label), SHORT, "answer")

    def labels(self) -> Mapping[str, str]:
        """See SandboxProvider."""
        return self._patience.wait(self._provider.labels, SHORT, "answer")

    def _create(self, spec: SandboxSpec, late: _Late) -> Sandbox:
        made = self._provider.create(spec)
        if late.is_set():
            made.close()
        return made


class _Late(threading.Event):
    """Set when nobody waits for the sandbox any more."""


class PatientSandbox:
    """A sandbox whose calls end; see `agents.sandboxes.base.Sandbox`."""

    def __init__(self, sandbox: Sandbox, patience: Patience) -> None:
        self._sandbox = sandbox
        self._patience = patience
        self.id = sandbox.id
        self.root = sandbox.root
        self.repository = sandbox.repository
        self.isolation = sandbox.isolation
        self.adds_headers = sandbox.adds_headers

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 60.0,
        network: Network = Network.NONE,
        on_output: Callable[[bytes], None] | None = None,
    ) -> CommandResult:
        """See Sandbox; `on_output` is called on another thread."""
        call = partial(
            self._sandbox.run,
            argv,
            cwd=cwd,
            env=env,
            timeout=timeout,
            network=network,
            on_output=on_output,
        )
        result = self._patience.wait(call, timeout + SHORT, "answer")
        look = partial(fullness.of_result, self._sandbox, result)
        return self._patience.wait(look, SHORT, "answer")

    def spawn(
        self,
        argv: Sequence[str],
        *,
        key: str,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
        network: Network = Network.NONE,
    ) -> ProcessHandle:
        """See Sandbox."""
        call = partial(
            self._sandbox.spawn, argv, key=key, cwd=cwd, env=env, timeout=timeout, network=network
        )
        return self._patience.wait(call, SHORT, "start a command")

    def follow(self, handle: ProcessHandle, offset: int = 0) -> Iterator[Event]:
        """See Sandbox."""
        tail = b""
        for event in self._patience.follow(partial(self._sandbox.follow, handle, offset)):
            if isinstance(event, OutputChunk):
                tail = (tail + event.data)[-fullness.TAIL :]
            if isinstance(event, Exited):
                yield self._patience.wait(
                    partial(fullness.of_exit, self._sandbox, event, tail), SHORT, "answer"
                )
            else:
                yield event

    def kill(self, handle: ProcessHandle) -> None:
        """See Sandbox."""
        self._patience.wait(partial(self._sandbox.kill, handle), SHORT, "end a command")

    def read(self, path: str, *, limit: int = 32 << 20) -> bytes:
        """See Sandbox."""
        call = partial(self._sandbox.read, path, limit=limit)
        return self._patience.wait(call, TRANSFER, "answer")

    def write(self, path: str, data: bytes, *, mode: int = 0o644) -> None:
        """See Sandbox."""
        call = partial(self._sandbox.write, path, data, mode=mode)
        self._patience.wait(call, TRANSFER, "answer")

    def put_repository(self, bundle: Path, *, base: str, shallow: Sequence[str]) -> None:
        """See Sandbox."""
        call = partial(self._sandbox.put_repository, bundle, base=base, shallow=shallow)
        self._patience.wait(call, TRANSFER, "take the repository")

    def get_commits(self, base: str) -> bytes:
        """See Sandbox."""
        call = partial(self._sandbox.get_commits, base)
        return self._patience.wait(call, TRANSFER, "give its commits")

    def provide(self, archive: bytes) -> str:
        """See Sandbox."""
        call = partial(self._sandbox.provide, archive)
        return self._patience.wait(call, TRANSFER, "take the tools")

    def rest(self) -> None:
        """See Sandbox."""
        self._patience.wait(self._sandbox.rest, SHORT, "answer")

    def close(self) -> None:
        """See Sandbox."""
        self._patience.wait(self._sandbox.close, SHORT, "close")
