"""Starts supervisors: by the worker's own fork server, which saves Python's start each time."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from agents.sandboxes.base import SandboxError

_SUPERVISOR = Path(__file__).resolve().parent.parent / "supervisor"
_SECONDS = 60.0
_MOST_ANSWER = 1 << 16  # bytes


class NotStarted(SandboxError):
    """The supervisor did not say in time how it went."""


class ForkServer:
    """One process that forks supervisors for this one, begun at first need. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner = 0  # our pid when it was begun: a fork of ours needs its own
        self._channel: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, run_dir: Path, spec: bytes) -> str:
        """Have a supervisor started; what it said: `ready`, `already`, `error ...` or nothing.

        Raises NotStarted when it said nothing within a minute.
        """
        spec_end, give = os.pipe()
        hear, answer_end = os.pipe()
        with os.fdopen(give, "wb", buffering=0) as given, os.fdopen(hear, "rb") as heard:
            try:
                self._send(run_dir, spec_end, answer_end)
            finally:
                os.close(spec_end)
                os.close(answer_end)
            try:
                given.write(spec)
            except BrokenPipeError:
                return ""
            given.close()
            return _answer(heard.fileno())

    def _send(self, run_dir: Path, spec: int, answer: int) -> None:
        with self._lock:
            channel = self._channel
            if channel is None or self._owner != os.getpid():
                channel = self._begin()
            try:
                socket.send_fds(channel, [os.fsencode(run_dir)], [spec, answer])
            except OSError:  # somebody ended it
                socket.send_fds(self._begin(), [os.fsencode(run_dir)], [spec, answer])

    def _begin(self) -> socket.socket:
        if self._channel is not None:
            self._channel.close()
        if self._process is not None and self._owner == os.getpid():
            self._process.kill()
            self._process.wait()
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_SUPERVISOR), "--serve", str(its.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                pass_fds=[its.fileno()],
                start_new_session=True,
            )
        self._channel, self._owner = ours, os.getpid()
        return ours


def _answer(descriptor: int) -> str:
    """One line, or what there is of it at the end of file."""
    said = b""
    deadline = time.monotonic() + _SECONDS
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while not said.endswith(b"\n") and len(said) < _MOST_ANSWER:
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(1000 * left):
            raise NotStarted("The command did not start within a minute.")
        data = os.read(descriptor, 4096)
        if not data:
            break
        said += data
    return said.decode("utf-8", "replace").strip()


fork_server = ForkServer()
