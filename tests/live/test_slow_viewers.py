"""Viewers that do not read, on a real Daphne: it stays small, and the others have the whole log."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from soulcaster.bench import sockets
from tests.browser.product import MEMBER, Product, running
from tests.browser.written import INJECT, WrittenJob

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(180)]

BEAT = 3.0
SLOW = 40
LINE = b"0123456789" * 12 + b"\n"
LINES = 60_000  # 7 MB
# Of each slow viewer: what may be under way, twice (as text and in the server's buffer), and itself.
MOST_KIB = 3 * 1024


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    environment = {"SOULCASTER_LOG_BEAT_SECONDS": str(BEAT)}
    with running(tmp_path_factory.mktemp("product"), environment) as product:
        yield product


def test_viewers_that_do_not_read_cost_little_and_hold_back_nobody(
    product: Product, tmp_path: Path
) -> None:
    job = WrittenJob(product, product.new_project().id, tmp_path)
    job.write(("output", LINE * LINES))
    job.end()
    web = product.facts()["processes"]["web"]
    port = urlsplit(product.facts()["local"]).port
    assert port
    path, cookie = f"/ws/jobs/{job.id}/logs/", product.beside(INJECT, "session", MEMBER)
    asyncio.run(whole_log(port, path, cookie))  # what the process needs in any case
    before = peak(web, anew=True)

    silent = [handshake(port, path, cookie) for _ in range(SLOW)]
    seen = asyncio.run(whole_log(port, path, cookie))

    assert seen == LINES * len(LINE)
    for each in silent:  # nothing of it was read so far
        assert 0 < received_until_the_end(each) < MOST_KIB * 1024
    assert peak(web) - before < SLOW * MOST_KIB


def received_until_the_end(quiet: socket.socket) -> int:
    """Bytes that come before the other side closes, politely or not."""
    quiet.settimeout(10 * BEAT)
    size = 0
    with quiet, suppress(ConnectionResetError):
        while data := quiet.recv(1 << 20):
            size += len(data)
    return size


def peak(pid: int, *, anew: bool = False) -> int:
    """KiB that a process held at most; `anew` begins to count at what it holds now."""
    if anew:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))


async def whole_log(port: int, path: str, cookie: str) -> int:
    """Characters of the log that a viewer gets who reads all of it."""
    over = asyncio.Event()
    size = 0

    def hear(text: bytes) -> None:
        nonlocal size
        message = json.loads(text)
        size += sum(len(chunk["text"]) for chunk in message.get("chunks", []))
        if message["type"] == "end":
            over.set()

    viewer = await sockets.connect(port, path, cookie, hear)
    await asyncio.wait_for(over.wait(), 60)
    viewer.transport.close()
    return size


def handshake(port: int, path: str, cookie: str) -> socket.socket:
    """A websocket of which nothing is read."""
    quiet = socket.socket()
    quiet.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    quiet.connect(("127.0.0.1", port))
    quiet.sendall(sockets.opening(port, path, cookie))
    return quiet
