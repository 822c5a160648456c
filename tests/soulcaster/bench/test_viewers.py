"""What logs and viewers are measured with, small: it runs, and what must never be lost is not."""

from __future__ import annotations

import asyncio
import struct

import pytest

from soulcaster.bench import viewers
from soulcaster.bench.receivers import Receiver
from soulcaster.bench.sockets import Socket
from tests.soulcaster.bench.test_command import measured


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_nothing_of_a_log_is_lost() -> None:
    figures = measured("logs", "--quick", "--lines", "3000")
    nothing = ("lines lost", "chunks that the viewer missed", "characters of it that were lost")
    for words in nothing:
        assert [each["value"] for name, each in figures.items() if name.startswith(words)] == [0]
    assert figures["line printed to line received, p99"]["plain"] > 0
    assert figures["lines stored"]["plain"] > figures["lines stored"]["value"]


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_every_viewer_gets_every_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewers, "QUICK", 10)
    figures = measured("viewers", "--quick")
    assert figures["until all of them have a line"]["value"] < viewers.PATIENCE
    assert figures["memory for each idle viewer"]["value"] > 0


@pytest.mark.parametrize("size", [5, 125, 126, 70_000])
@pytest.mark.parametrize("cut", [1, 3, 11, 1_000_000])
@pytest.mark.asyncio
async def test_a_socket_hears_messages_of_every_size_however_they_are_cut(
    size: int, cut: int
) -> None:
    heard: list[bytes] = []
    socket = Socket(b"", heard.append)
    text = b"x" * size
    length = (
        bytes([size])
        if size < 126
        else struct.pack("!BH", 126, size)
        if size < 65_536
        else struct.pack("!BQ", 127, size)
    )
    frames = b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + (b"\x81" + length + text) * 2
    for begin in range(0, len(frames), cut):
        socket.data_received(frames[begin : begin + cut])

    assert heard == [text, text]


@pytest.mark.asyncio
async def test_a_refused_socket_says_why() -> None:
    socket = Socket(b"", lambda text: None)
    socket.connection_made(Nowhere())
    socket.data_received(b"HTTP/1.1 403 Access denied\r\n\r\n")

    with pytest.raises(ConnectionError, match="403"):
        await socket.opened


class Nowhere(asyncio.Transport):
    """A connection to nobody."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Forget it."""

    def close(self) -> None:
        """There is nothing to close."""


@pytest.mark.asyncio
async def test_a_receiver_counts_whole_lines_only() -> None:
    receiver = Receiver(2)
    receiver.take("0.5 1 a\n0.")
    assert len(receiver.ages) == 1
    receiver.take("5 2 b\n")
    assert receiver.done.is_set()
