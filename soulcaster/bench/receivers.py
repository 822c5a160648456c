"""Receives lines that say when they were printed; a process of its own, without Django.

`live PORT PATH COOKIE LINES VIEWERS` or `raw URL STREAM - LINES VIEWERS`; says when it is ready,
then prints the milliseconds of every line and viewer as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from redis.asyncio import Redis

from soulcaster.bench import sockets


class Receiver:
    """One viewer: how old the lines were that came."""

    def __init__(self, count: int) -> None:
        self.done = asyncio.Event()
        self.ages: list[float] = []
        self._count = count
        self._rest = ""

    def take(self, text: str) -> None:
        """More of the output."""
        now = time.time()
        *lines, self._rest = (self._rest + text).split("\n")
        self.ages += [1000 * (now - float(line.partition(" ")[0])) for line in lines]
        if len(self.ages) >= self._count:
            self.done.set()

    def hear(self, message: bytes) -> None:
        """A message of the websocket."""
        for chunk in json.loads(message).get("chunks", []):
            self.take(chunk["text"])


async def live(receivers: list[Receiver], port: str, path: str, cookie: str) -> None:
    """By the product's websocket."""
    coming = (sockets.connect(int(port), path, cookie, each.hear) for each in receivers)
    opened = await asyncio.gather(*coming)
    _ready()
    await asyncio.gather(*(each.done.wait() for each in receivers))
    for each in opened:
        each.transport.close()


async def raw(receivers: list[Receiver], url: str, stream: str, cookie: str) -> None:
    """By a blocking XREAD each."""
    async with Redis.from_url(url, decode_responses=True) as client:
        await client.xlen(stream)
        _ready()
        await asyncio.gather(*(_follow(client, stream, each) for each in receivers))


async def _follow(client: Redis, stream: str, receiver: Receiver) -> None:
    cursor = "0-0"
    while not receiver.done.is_set():
        streams: Any = {stream: cursor}
        answer: Any = await client.xread(streams, block=1000)
        for name, fields in answer[0][1] if answer else []:
            receiver.take(fields["text"])
            cursor = name


def _ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


async def main() -> None:
    """See above."""
    kind, where, path, cookie, count, viewers = sys.argv[1:]
    receivers = [Receiver(int(count)) for _ in range(int(viewers))]
    await (live if kind == "live" else raw)(receivers, where, path, cookie)
    json.dump([age for each in receivers for age in each.ages], sys.stdout)


if __name__ == "__main__":
    asyncio.run(main())
