"""Applications in trouble: sends errors at a steady rate; a process of its own, without Django.

`PORT PATH KEY FIRST COUNT RATE` prints what they were answered as JSON: how often each status, and
the milliseconds that each answer took. Errors are numbered from FIRST and never wait for answers
to others, as long as there are connections.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

CONNECTIONS = 300
NO_ANSWER = "none"
PLACES = 40  # in the application, at which errors happen
_FRAMES, _LIBRARY_FRAMES = 6, 18


@dataclass(slots=True)
class Answers:
    """What all of them were answered."""

    statuses: Counter[str] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    seconds: float = 0.0


def event_id(number: int) -> str:
    """The id of the error of this number."""
    return f"{number:032x}"


def request(path: str, key: str, number: int) -> bytes:
    """A whole request with one error, as an SDK sends it."""
    body = gzip.compress(envelope(number), compresslevel=1)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\n"
        f"Content-Type: application/x-sentry-envelope\r\nContent-Length: {len(body)}\r\n"
        f"X-Sentry-Auth: Sentry sentry_key={key}, sentry_version=7\r\n\r\n"
    )
    return head.encode() + body


def envelope(number: int) -> bytes:
    """One error at one of the places, with the frames that a web application has."""
    place = number % PLACES
    library = [_frame(f"web/layer_{depth}.py", "handle", False) for depth in range(_LIBRARY_FRAMES)]
    own = [_frame(f"till/part_{place}.py", f"step_{depth}", True) for depth in range(_FRAMES)]
    error = {
        "type": "ValueError",
        "value": f"The till of day {number} does not add up in part {place}",
        "stacktrace": {"frames": library + own},
    }
    event = {
        "event_id": event_id(number),
        "timestamp": time.time(),
        "platform": "python",
        "level": "error",
        "environment": "production",
        "release": "till@2.1",
        "user": {"id": str(number % 1000)},
        "exception": {"values": [error]},
    }
    lines = ({"event_id": event["event_id"]}, {"type": "event"}, event)
    return "\n".join(json.dumps(line) for line in lines).encode()


def _frame(file: str, function: str, own: bool) -> dict[str, object]:
    return {
        "filename": file,
        "function": function,
        "module": file.removesuffix(".py").replace("/", "."),
        "lineno": 42,
        "in_app": own,
        "pre_context": ["    total = 0", "    for coin in drawer:", "        total += coin"],
        "context_line": "    return check(total, expected=day.expected)",
        "post_context": ["", "", "def close(day):"],
    }


async def send_all(port: int, requests: list[bytes], rate: float) -> Answers:
    """Each at its time, on the next connection that is free."""
    answers = Answers()
    numbers = iter(range(len(requests)))
    began = time.monotonic()

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in numbers:
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            sent = time.monotonic()
            try:
                writer.write(requests[number])
                answers.statuses[await _status(reader)] += 1
            except (OSError, EOFError):
                answers.statuses[NO_ANSWER] += 1
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            answers.milliseconds.append(1000 * (time.monotonic() - sent))
        writer.close()

    await asyncio.gather(*(one() for _ in range(min(CONNECTIONS, len(requests)))))
    answers.seconds = time.monotonic() - began
    return answers


async def _status(reader: asyncio.StreamReader) -> str:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
    if length:
        await reader.readexactly(int(length))
    elif b"transfer-encoding: chunked" in head:  # of the plain server: without any content
        await reader.readuntil(b"0\r\n\r\n")
    return head.split(b" ", 2)[1].decode()


def main() -> None:
    """See above."""
    port, path, key, first, count, rate = sys.argv[1:]
    numbers = range(int(first), int(first) + int(count))
    requests = [request(path, key, number) for number in numbers]
    answers = asyncio.run(send_all(int(port), requests, float(rate)))
    facts = {
        "statuses": answers.statuses,
        "milliseconds": answers.milliseconds,
        "seconds": answers.seconds,
    }
    json.dump(facts, sys.stdout)


if __name__ == "__main__":
    main()
