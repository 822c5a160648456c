"""Very many websockets in one process: just enough of RFC 6455 to follow a log."""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from collections.abc import Callable, Iterator

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
_END = b"\r\n\r\n"


class Socket(asyncio.Protocol):
    """One viewer. `heard` gets the text of every message."""

    def __init__(self, request: bytes, heard: Callable[[bytes], None]) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_closed = False
        self._request = request
        self._heard = heard
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a websocket."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self._buffer += data
        if not self.opened.done():
            self._open()
        if self.opened.done():
            for kind, payload in self._frames():
                self._take(kind, payload)

    def connection_lost(self, exc: Exception | None) -> None:
        """Remember it, and tell who still waits for the opening."""
        self.is_closed = True
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionError("it was closed"))

    def send(self, text: bytes, kind: int = TEXT) -> None:
        """Send a short message."""
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(text))
        self.transport.write(bytes((0x80 | kind, 0x80 | len(text))) + mask + masked)

    def _open(self) -> None:
        head, found, rest = self._buffer.partition(_END)
        if not found:
            return
        if not head.startswith(b"HTTP/1.1 101"):
            self.opened.set_exception(ConnectionError(head.partition(b"\r\n")[0].decode()))
            self.transport.close()
            return
        self._buffer = rest
        self.opened.set_result(None)

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == PING:
            self.send(payload, PONG)
        elif kind == TEXT:
            if payload.startswith(b'{"type":"mark"'):
                self.send(payload)  # it has arrived
            self._heard(payload)

    def _frames(self) -> Iterator[tuple[int, bytes]]:
        while (frame := _frame(self._buffer)) is not None:
            kind, begin, end = frame
            payload, self._buffer = self._buffer[begin:end], self._buffer[end:]
            yield kind, payload


def _frame(buffer: bytes) -> tuple[int, int, int] | None:
    """Kind, begin and end of the payload of the first frame; None while it is not complete."""
    if len(buffer) < 2:
        return None
    size, begin = buffer[1] & 0x7F, 2
    if size > 125:
        begin = 4 if size == 126 else 10
        if len(buffer) < begin:
            return None
        (size,) = struct.unpack("!H" if size == 126 else "!Q", buffer[2:begin])
    return (buffer[0] & 0x0F, begin, begin + size) if len(buffer) >= begin + size else None


def opening(port: int, path: str, cookie: str) -> bytes:
    """The request that opens a websocket to this machine."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Origin: http://127.0.0.1:{port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        f"Cookie: {cookie}",
    )
    return "\r\n".join(lines).encode() + _END


async def connect(port: int, path: str, cookie: str, heard: Callable[[bytes], None]) -> Socket:
    """An open websocket to this machine; raises ConnectionError."""
    request = opening(port, path, cookie)
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(lambda: Socket(request, heard), "127.0.0.1", port)
    await socket.opened
    return socket
