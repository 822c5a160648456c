"""The output file of a run: append only, never more than its limit."""

from __future__ import annotations

import os


class Output:
    """Stores what the command writes; `truncated` says that something was left out."""

    def __init__(self, path: str, limit: int) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._room = limit
        self.truncated = False

    def store(self, data: bytes) -> None:
        """Append what fits; a full disk counts as a reached limit."""
        kept = memoryview(data)[: self._room]
        self.truncated = self.truncated or len(kept) < len(data)
        while kept:
            try:
                written = os.write(self._file, kept)
            except OSError:
                self.truncated, self._room = True, 0
                return
            self._room -= written
            kept = kept[written:]

    def drain(self, pipe: int) -> None:
        """Store what still waits in the pipe, without waiting for more."""
        os.set_blocking(pipe, False)
        try:
            while data := os.read(pipe, 1 << 18):
                self.store(data)
        except BlockingIOError:
            return
