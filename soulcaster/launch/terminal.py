"""What the launcher says: one line each, with the seconds since its start."""

from __future__ import annotations

import sys
import time


class Terminal:
    """Writes lines that are seen at once, also through a pipe."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self._started

    def say(self, text: str) -> None:
        """A line of progress."""
        self.show(f"[{self.seconds:6.1f} s] {text}")

    def show(self, text: str = "") -> None:
        """A line that stands by itself."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def complain(self, text: str) -> None:
        """Why it ends."""
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
