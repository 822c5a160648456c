"""How fast a log takes in a flood, and what that costs the worker's memory: for the benchmarks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agents.logs.recorder import Recorder
from agents.logs.scrubber import Scrubber
from agents.models import Execution, LogChunk

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_PIECE = 1000  # lines that come at once, as from a command that does nothing but print
# As many as a job has, and as long: they say how much there is to look for.
_SECRETS = ("ghp_" + "aB3" * 12, "sk-ant-api03-" + "xY9-" * 20, "e2b_" + "0123456789abcdef" * 3)


@dataclass(frozen=True, slots=True)
class Flood:
    """What came of a flood of `lines`. `growth` is bytes, of the process at its largest."""

    lines: int
    seconds: float
    growth: int
    lost: int  # lines that are not stored
    misplaced: int  # lines that are not where they belong

    @property
    def lines_per_second(self) -> float:
        """From the first write until all is stored."""
        return self.lines / self.seconds


def flood(execution: Execution, fence: int, lines: int, *, source: str = "flood") -> Flood:
    """Record so many lines in an execution without a log, and read what is stored.

    Its job must be held under the fence. A line has about 45 characters, so that a million of them
    stay below the limit of a log.
    """
    _forget_peak()
    before = _bytes("VmRSS")
    began = time.perf_counter()
    recorder = Recorder(execution.pk, fence, Scrubber(_SECRETS))
    try:
        for first in range(0, lines, _PIECE):
            piece = "".join(map(_line, range(first, min(first + _PIECE, lines))))
            recorder.write(LogChunk.Stream.OUTPUT, piece.encode(), source)
        recorder.end(source)
    finally:
        recorder.close(final=True)
    seconds, growth = time.perf_counter() - began, _bytes("VmHWM") - before
    stored = misplaced = 0
    for number, line in enumerate(_stored(execution)):
        stored += 1
        misplaced += line != _line(number)
    return Flood(lines, seconds, max(0, growth), lines - stored, misplaced)


def _line(number: int) -> str:
    return f"{number:09d} tests/test_{number % 97}.py::test_it ok\n"


def _stored(execution: Execution) -> Iterator[str]:
    rest = ""
    chunks = LogChunk.objects.filter(execution=execution).order_by("seq")
    for text in chunks.values_list("text", flat=True).iterator(chunk_size=20):
        *lines, rest = (rest + text).splitlines(keepends=True) or [""]
        if rest.endswith("\n"):
            lines, rest = [*lines, rest], ""
        yield from lines
    if rest:
        yield rest


def _forget_peak() -> None:
    """What the process took before does not count."""
    _CLEAR.write_text("5")


def _bytes(name: str) -> int:
    """A figure of this process, such as the memory that it holds or held at its largest."""
    for line in _STATUS.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise KeyError(name)
