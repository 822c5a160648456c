"""Idle viewers: what each costs the web process, and how soon all of them have a line.

The plain alternative is a Daphne of its own whose application accepts websockets and does nothing.
"""

from __future__ import annotations

import asyncio
import os
import resource
import time
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from agents.logs.recorder import Recorder
from agents.logs.scrubber import Scrubber
from agents.models import Execution
from soulcaster.bench import sockets
from soulcaster.bench.report import Figure, Options, at_most, fact
from soulcaster.bench.stage import Stage, plain_web, running_job, sign_in, stage

QUICK = 50
TEAM = 50  # people; each has the log open in several windows
AT_ONCE = 50  # connections that are opened at the same time
MEMORY_BAR = 100.0  # KiB for each
LINE_BAR = 1.0  # seconds
LINES = 5
PATIENCE = 60.0  # seconds
REST = 25.0  # seconds without a line: heartbeats, pings and checks go by
QUICK_REST = 1.0


@dataclass(frozen=True, slots=True)
class Crowd:
    """What was found with all of them connected."""

    connected: float  # seconds
    kib: float  # of memory for each
    idle: float  # percent of a core
    seconds: tuple[float, ...]  # until all of them had a line


def run(options: Options) -> list[Figure]:
    """Memory for each viewer, and seconds until the last of them has a line."""
    count = min(options.viewers, QUICK) if options.quick else options.viewers
    rest = QUICK_REST if options.quick else REST
    _allow_files(2 * count + 500)
    with stage(options.say) as place:
        execution = running_job()
        cookies = [sign_in(execution.job.project.team, number) for number in range(TEAM)]
        options.say(f"Connecting {count:,} viewers")
        found = asyncio.run(_measure(place, cookies, count, rest, execution))
    with plain_web(options.say) as place:
        options.say(f"Connecting {count:,} sockets to an application that does nothing")
        plain = asyncio.run(_measure(place, [""], count, rest, None))
    slowest = max(found.seconds)
    note = f"{count:,} sockets of {TEAM} people; plain: an application that only accepts them"
    each = ", ".join(f"{seconds:.2f}" for seconds in found.seconds)
    return [
        at_most(
            "memory for each idle viewer", found.kib, MEMORY_BAR, "KiB", plain=plain.kib, note=note
        ),
        at_most("until all of them have a line", slowest, LINE_BAR, "s", note=f"each line: {each}"),
        fact("until all are connected", found.connected, "s", plain=plain.connected),
        fact("processor while nothing happens", found.idle, "%", plain=plain.idle),
    ]


async def _measure(
    place: Stage, cookies: list[str], count: int, rest: float, execution: Execution | None
) -> Crowd:
    """Without an execution there is no log, and nobody waits for its lines."""
    crowd = Listeners()
    path = f"/ws/jobs/{execution.job_id if execution else 1}/logs/"
    warm = await sockets.connect(place.port, path, cookies[0], crowd.ignore)
    before, began = memory(place.web), time.monotonic()
    everybody = islice(cycle(cookies), count)
    opened: list[sockets.Socket] = []
    while some := [*islice(everybody, AT_ONCE)]:
        coming = (sockets.connect(place.port, path, cookie, crowd.hear) for cookie in some)
        opened += await asyncio.gather(*coming)
    connected = time.monotonic() - began
    used = processor(place.web)
    await asyncio.sleep(rest)
    idle = 100 * (processor(place.web) - used) / rest
    kib = (memory(place.web) - before) / count
    seconds = await _lines(execution, crowd, count) if execution else ()
    if any(each.is_closed for each in opened):
        raise ConnectionError("Some viewers were cut off: nothing can be measured.")
    for each in (*opened, warm):
        each.transport.close()
    return Crowd(connected, kib, idle, seconds)


async def _lines(execution: Execution, crowd: Listeners, count: int) -> tuple[float, ...]:
    recorder = await asyncio.to_thread(Recorder, execution.pk, 1, Scrubber(()))
    seconds = []
    for number in range(LINES):
        crowd.expect(f"line {number} for everybody", count)
        began = time.monotonic()
        recorder.write("output", f"line {number} for everybody\n")
        await asyncio.wait_for(crowd.done.wait(), PATIENCE)
        seconds.append(time.monotonic() - began)
    await asyncio.to_thread(recorder.close, final=True)
    return tuple(seconds)


class Listeners:
    """All viewers together: they wait for the same words."""

    def __init__(self) -> None:
        self.done = asyncio.Event()
        self._words = b""
        self._missing = 0

    def expect(self, words: str, count: int) -> None:
        """`done` is set once so many have heard the words."""
        self._words, self._missing = words.encode(), count
        self.done.clear()

    def hear(self, message: bytes) -> None:
        """One of them hears something."""
        if self._words and self._words in message:
            self._missing -= 1
            if self._missing == 0:
                self.done.set()

    def ignore(self, message: bytes) -> None:
        """Somebody who does not count."""


def memory(pid: int) -> float:
    """KiB that a process has for itself, its share of what it shares included."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith("Pss:")))


def processor(pid: int) -> float:
    """Seconds of a processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _allow_files(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))
