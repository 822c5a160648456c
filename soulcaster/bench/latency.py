"""Live latency: from the line printed in a sandbox to the line received on a websocket.

Five viewers, a hundred lines a second. The plain alternative is XADD and a blocking XREAD of the
same Valkey, five readers, in the same run. The receivers are processes of their own on both sides.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

import redis

from agents.logs.recorder import Recorder
from agents.logs.scrubber import Scrubber
from agents.models import LogChunk
from agents.sandboxes.base import OutputChunk, SandboxSpec
from agents.wiring.sandboxes import throwaway
from soulcaster.bench.report import Figure, Options, at_most, fact
from soulcaster.bench.stage import Stage, running_job, sign_in

VIEWERS = 5
RATE = 100  # lines a second
SECONDS = 20
QUICK_SECONDS = 2
ROUNDS = 3
BAR = 100.0  # ms
WINDOW = 80.0  # ms that batches may take
SHARE = 10  # times a raw entry, besides
STREAM = "bench:raw"
# Printed in the sandbox: the time at which the line was printed, then its number.
PROGRAM = """
import time
begin = time.time()
for number in range({count}):
    time.sleep(max(0, begin + number / {rate} - time.time()))
    print(f"{{time.time():.6f}} {{number}} a line of a test run", flush=True)
"""


def run(options: Options, place: Stage) -> list[Figure]:
    """p50 and p99 of all lines of all viewers."""
    seconds = QUICK_SECONDS if options.quick else SECONDS
    ours: list[float] = []
    raw: list[float] = []
    for number in range(1 if options.quick else min(options.rounds, ROUNDS)):
        options.say(f"{RATE} lines a second for {seconds} s, round {number + 1}")
        ours += _live(place, number, seconds * RATE)
        raw += _raw(place, seconds * RATE)
    p99, p99_raw = _percentile(ours), _percentile(raw)
    bar = min(BAR, WINDOW + SHARE * p99_raw)
    note = f"bar: below {BAR:.0f} ms and at most {WINDOW:.0f} ms and {SHARE} times the plain one"
    return [
        at_most("line printed to line received, p99", p99, bar, "ms", plain=p99_raw, note=note),
        fact("the same, p50", statistics.median(ours), "ms", plain=statistics.median(raw)),
    ]


def _live(place: Stage, number: int, count: int) -> list[float]:
    execution = running_job(f"latency-{number}")
    path = f"/ws/jobs/{execution.job_id}/logs/"
    cookie = sign_in(execution.job.project.team, 100 + number)
    receivers = _receivers("live", str(place.port), path, cookie, str(count))
    sandbox = throwaway("local").create(SandboxSpec(label=f"bench-{number}"))
    recorder = Recorder(execution.pk, 1, Scrubber(()))
    try:
        program = PROGRAM.format(count=count, rate=RATE)
        handle = sandbox.spawn(["python3", "-c", program], key="lines")
        for event in sandbox.follow(handle):
            if isinstance(event, OutputChunk):
                recorder.write(LogChunk.Stream.OUTPUT, event.data, "lines")
        recorder.end("lines")
        recorder.close(final=True)
    finally:
        sandbox.close()
    return _results(receivers)


def _raw(place: Stage, count: int) -> list[float]:
    receivers = _receivers("raw", place.redis_url, STREAM, "", str(count))
    with redis.Redis.from_url(place.redis_url) as client:
        begin = time.time()
        for number in range(count):
            time.sleep(max(0, begin + number / RATE - time.time()))
            client.xadd(STREAM, {"text": f"{time.time():.6f} {number} a line of a test run\n"})
        found = _results(receivers)
        client.delete(STREAM)
    return found


def _receivers(*arguments: str) -> subprocess.Popen[str]:
    """All viewers in one process; returns when they are connected."""
    command = [sys.executable, "-m", "soulcaster.bench.receivers", *arguments, str(VIEWERS)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    process.stdout.readline()
    return process


def _results(process: subprocess.Popen[str]) -> list[float]:
    output, _ = process.communicate(timeout=120)
    found: list[float] = json.loads(output)
    return found


def _percentile(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[-1]
