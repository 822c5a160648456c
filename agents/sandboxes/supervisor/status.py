"""What the processes between supervisor and command say about it, line by line."""

from __future__ import annotations

import json
import os


class Status:
    """Understands both our own words and bubblewrap's JSON.

    `init` is the pid of the sandbox's first process, `started` says that the command runs,
    `wait_status` is how it ended (as `os.wait` gives it) and None as long as nobody said it.
    """

    def __init__(self) -> None:
        self.init = 0
        self.started = False
        self.wait_status: int | None = None
        self.error = ""
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take in more bytes; whole lines count."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._understand(line.decode("utf-8", "replace").strip())

    def drain(self, pipe: int) -> None:
        """Take in what still waits in the pipe, without waiting for more."""
        os.set_blocking(pipe, False)
        try:
            while data := os.read(pipe, 4096):
                self.feed(data)
        except BlockingIOError:
            return

    def _understand(self, line: str) -> None:
        word, _, value = line.partition(" ")
        if line.startswith("{"):
            self._understand_bubblewrap(json.loads(line))
        elif word == "init":
            self.init = int(value)
        elif word == "started":
            self.started = True
        elif word == "status":
            self.wait_status = int(value)
        elif word == "error":
            self.error = value[:500] or "the sandbox could not be made"

    def _understand_bubblewrap(self, fact: dict[str, int]) -> None:
        if "child-pid" in fact:
            self.init, self.started = fact["child-pid"], True
        if "exit-code" in fact:
            self.wait_status = fact["exit-code"] << 8
