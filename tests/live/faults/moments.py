"""Moments at which a worker can be held, agreed on by files.

A worker that comes to a moment which is held says so and waits; whoever holds it then does what
it wants to do to that worker.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.live.faults.waiting import until

FOLDER = "SOULCASTER_TEST_MOMENTS"  # the variable that names the folder of the files
_PAUSE = 0.01  # between two looks


def reach(name: str) -> None:
    """In a worker: this moment has come. Returns at once unless it is held."""
    moment = Moment(Path(os.environ[FOLDER]), name)
    if moment.hold.exists():
        moment.note.write_text(str(os.getpid()))
    while moment.hold.exists():
        time.sleep(_PAUSE)


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment, as both sides see it."""

    folder: Path
    name: str

    @property
    def hold(self) -> Path:
        """There as long as the moment is held."""
        return self.folder / f"{self.name}.hold"

    @property
    def note(self) -> Path:
        """There once a worker came to it."""
        return self.folder / f"{self.name}.reached"

    def await_worker(self, seconds: float) -> int:
        """The id of the process that came to it."""
        until(lambda: self.note.exists() and self.note.read_text() != "", seconds, self.name)
        return int(self.note.read_text())


@contextmanager
def held(folder: Path, name: str) -> Iterator[Moment]:
    """Hold whoever comes to this moment until the end of the block."""
    moment = Moment(folder, name)
    moment.note.unlink(missing_ok=True)
    moment.hold.touch()
    try:
        yield moment
    finally:
        moment.hold.unlink()
