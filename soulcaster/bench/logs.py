"""Log throughput and fidelity, and how soon a line is seen.

A million lines and one line of 50 MB go through the real recorder, as a command's output does:
decoded, scrubbed, stored, announced by a real Valkey. The plain alternative stores the same texts
in the same batches with `bulk_create` and does nothing else.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from agents.logs.measuring import flood
from agents.logs.recorder import Recorder
from agents.logs.scrubber import Scrubber
from agents.models import Execution, LogChunk
from soulcaster.bench import latency, sockets
from soulcaster.bench.report import Figure, Options, at_least, at_most, fact
from soulcaster.bench.stage import Stage, running_job, sign_in, stage

QUICK = 20_000
QUICK_LINE = 2_000_000
ROUNDS = 2
LONG_LINE = 50_000_000  # characters
PIECE = 64 * 1024  # bytes that are read from a command's output at once
SPEED_BAR = 20_000.0  # lines/s
MEMORY_BAR = 64.0  # MB
# Secrets of a usual length, so that the scrubber has its usual work.
SECRETS = ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "sk-ant-0123456789abcdefghij-0123456789")


@dataclass(frozen=True, slots=True)
class Written:
    """How long it took to store, and how much more memory the process held at most."""

    seconds: float
    megabytes: float


def run(options: Options) -> list[Figure]:
    """Speed, losses, memory; then the latency of live lines."""
    with stage(options.say) as place:
        return [*_many_lines(options, place), *_long_line(options), *latency.run(options, place)]


def _many_lines(options: Options, place: Stage) -> list[Figure]:
    count = min(options.lines, QUICK) if options.quick else options.lines
    ours, plain, lost, growth = [], [], 0, 0.0
    for number in range(1 if options.quick else min(options.rounds, ROUNDS)):
        options.say(f"Storing {count:,} lines, round {number + 1}")
        execution = running_job(f"lines-{number}")
        found = flood(execution, 1, count)
        ours.append(found.lines_per_second)
        growth = max(growth, found.growth / 1e6)
        lost += found.lost + found.misplaced
        plain.append(count / _copy(execution, running_job(f"plain-{number}")))
    options.say("Reading all of it by a websocket, with a new connection in the middle")
    last = Execution.objects.values_list("log_seq", flat=True).get(pk=execution.pk)
    cookie = sign_in(execution.job.project.team, 1)
    seconds, missed = asyncio.run(_read(place, execution, _Viewer(last), cookie))
    speed, simple = statistics.median(ours), statistics.median(plain)
    note = f"{simple / speed:.1f} times as fast without decoding, scrubbing, fence and Valkey"
    return [
        at_least("lines stored", speed, SPEED_BAR, "lines/s", plain=simple, note=note),
        at_most("lines lost or out of order", lost, 0, note=f"of {count:,}"),
        at_most("memory that storing them takes", growth, MEMORY_BAR, "MB"),
        fact("lines read by a viewer", count / seconds, "lines/s"),
        at_most("chunks that the viewer missed or got twice", missed, 0),
    ]


def _long_line(options: Options) -> list[Figure]:
    size = QUICK_LINE if options.quick else LONG_LINE
    options.say(f"Storing one line of {size / 1e6:.0f} MB")
    execution = running_job("long-line")
    written = _write(execution, (b"x" * PIECE for _ in range(size // PIECE)))
    texts = LogChunk.objects.filter(execution=execution).values_list("text", flat=True)
    kept = sum(len(text) for text in texts.iterator(20))
    return [
        fact("a line of 50 MB", size / 1e6 / written.seconds, "MB/s"),
        at_most("characters of it that were lost", size // PIECE * PIECE - kept, 0),
        at_most("memory that storing it takes", written.megabytes, MEMORY_BAR, "MB"),
    ]


def _write(execution: Execution, pieces: Iterator[bytes]) -> Written:
    before = _reset_peak()
    began = time.perf_counter()
    recorder = Recorder(execution.pk, 1, Scrubber(SECRETS))
    for piece in pieces:
        recorder.write(LogChunk.Stream.OUTPUT, piece, "line")
    recorder.end("line")
    recorder.close(final=True)
    return Written(time.perf_counter() - began, (_status("VmHWM") - before) / 1e3)


def _copy(execution: Execution, to: Execution) -> float:
    """Seconds in which the same batches are stored, and nothing else is done."""
    seconds = 0.0
    rows = LogChunk.objects.filter(execution=execution).order_by("seq").iterator(200)
    for _, batch in groupby(rows, key=lambda chunk: chunk.created_at):
        copies = [
            LogChunk(execution=to, seq=each.seq, stream=each.stream, text=each.text)
            for each in batch
        ]
        began = time.perf_counter()
        LogChunk.objects.bulk_create(copies)
        seconds += time.perf_counter() - began
    return seconds


def _texts(execution: Execution) -> Iterator[str]:
    rows = LogChunk.objects.filter(execution=execution).order_by("seq")
    for place, (seq, text) in enumerate(rows.values_list("seq", "text").iterator(200), start=1):
        if seq != place:
            raise AssertionError(f"Chunk {place} is missing.")
        yield text


async def _read(
    place: Stage, execution: Execution, reader: _Viewer, cookie: str
) -> tuple[float, int]:
    """Seconds until a viewer has the whole log, and how many chunks were not the next one."""
    began = time.perf_counter()
    for until in (reader.last // 2, reader.last):
        reader.expect(until)
        path = f"/ws/jobs/{execution.job_id}/logs/?after={reader.seq}&execution=1"
        socket = await sockets.connect(place.port, path, cookie, reader.hear)
        await reader.done.wait()
        socket.transport.abort()
    return time.perf_counter() - began, reader.wrong


class _Viewer:
    """Counts chunks as they come."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.seq = 0
        self.wrong = 0
        self.done = asyncio.Event()
        self._until = 0

    def expect(self, until: int) -> None:
        """`done` is set with this chunk."""
        self._until = until
        self.done.clear()

    def hear(self, text: bytes) -> None:
        """A message; what comes after `done` is as if it had been lost with the connection."""
        for chunk in json.loads(text).get("chunks", []) if not self.done.is_set() else []:
            self.wrong += chunk["seq"] != self.seq + 1
            self.seq = chunk["seq"]
            if self.seq >= self._until:
                self.done.set()
                return


def _reset_peak() -> float:
    """From now on the peak of this process's memory counts anew; KB that it holds now."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _status(name: str) -> float:
    text = Path("/proc/self/status").read_text()
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith(name)))
