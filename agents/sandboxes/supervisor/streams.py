"""Bytes from one socket to another: heads, bodies of a known length, and whole tunnels."""

from __future__ import annotations

import re
import socket
import threading
import time
from typing import NamedTuple

from .heads import Refusal, end_of_head

_PIECE = 1 << 16
_LONGEST_LINE = 4096
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(;[^\r\n]*)?")


class Patience(NamedTuple):
    """Seconds: for a head to arrive whole, for a server to be reached, for a silent connection."""

    head: float = 30.0
    server: float = 20.0
    silence: float = 1800.0


class Source:
    """Reads from a socket, with a place for what came early."""

    def __init__(self, origin: socket.socket) -> None:
        self._origin = origin
        self._early = bytearray()

    def head(self, seconds: float) -> bytes:
        """The head of the next message; b"" if nothing comes any more. May raise Refusal."""
        deadline, seen = time.monotonic() + seconds, 0
        while not (end := end_of_head(self._early, seen) if self._early else 0):
            seen = len(self._early)
            self._origin.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                data = self._origin.recv(_PIECE)
            except TimeoutError:
                raise Refusal(408, "The head of this message did not come in time.") from None
            if not data and seen:
                raise Refusal(400, "This message ends in the middle of its head.")
            if not data:
                return b""
            self._early += data
        return self._take(end)

    def answer(self, seconds: float) -> bytes:
        """The head of a server's answer; raises Refusal if there is none."""
        try:
            head = self.head(seconds)
        except Refusal as refusal:
            raise Refusal(502, "The server's answer cannot be read.") from refusal
        if not head:
            raise Refusal(502, "The server gave no answer.")
        return head

    def some(self, most: int = _PIECE) -> bytes:
        """What comes next, at most so many bytes; b"" at the end."""
        if self._early:
            return self._take(min(most, _PIECE))
        return self._origin.recv(min(most, _PIECE))

    def line(self) -> bytes:
        """The next line, without its end; raises Refusal if it is too long or cut off."""
        while (end := self._early.find(b"\r\n")) < 0:
            data = self._origin.recv(_PIECE) if len(self._early) < _LONGEST_LINE else b""
            if not data:
                raise Refusal(400, "The body of this request cannot be read.")
            self._early += data
        return self._take(end + 2)[:-2]

    def _take(self, count: int) -> bytes:
        taken = bytes(self._early[:count])
        del self._early[:count]
        return taken


def send_body(source: Source, target: socket.socket, length: int | None) -> None:
    """Pass on exactly one body (None: a chunked one), and nothing that comes after it."""
    if length is not None:
        _send_exactly(source, target, length)
        return
    while size := _chunk_size(source):
        target.sendall(b"%x\r\n" % size)
        _send_exactly(source, target, size)
        if source.line():
            raise Refusal(400, "The body of this request cannot be read.")
        target.sendall(b"\r\n")
    while source.line():
        continue  # trailers concern nobody
    target.sendall(b"0\r\n\r\n")


def send_rest(source: Source, target: socket.socket) -> None:
    """Pass on everything up to the end."""
    while data := source.some():
        target.sendall(data)


def _send_exactly(source: Source, target: socket.socket, length: int) -> None:
    while length:
        data = source.some(length)
        if not data:
            raise Refusal(400, "The body of this request is cut off.")
        target.sendall(data)
        length -= len(data)


def _chunk_size(source: Source) -> int:
    found = _CHUNK.fullmatch(source.line())
    if found is None:
        raise Refusal(400, "The body of this request cannot be read.")
    return int(found.group(1), 16)


class Tunnel:
    """Bytes in both directions until both ends are done, or nothing has come for long."""

    def __init__(self, inside: Source, outside: Source, patience: Patience) -> None:
        self._inside = inside
        self._outside = outside
        self._silence = patience.silence
        self._latest = time.monotonic()

    def run(self, inside: socket.socket, outside: socket.socket) -> None:
        """Returns when it is over; the sockets are still to be closed."""
        for end in (inside, outside):
            end.settimeout(self._silence)
        back = threading.Thread(target=self._pump, args=(self._outside, outside, inside))
        back.start()
        self._pump(self._inside, inside, outside)
        back.join()

    def _pump(self, source: Source, origin: socket.socket, target: socket.socket) -> None:
        try:
            while data := self._next(source):
                target.sendall(data)
                self._latest = time.monotonic()
            target.shutdown(socket.SHUT_WR)
        except OSError:
            # One direction is broken, so the other is of no use.
            hang_up(origin)
            hang_up(target)

    def _next(self, source: Source) -> bytes:
        """The next bytes; a pause ends the tunnel only if the other direction is silent, too."""
        while True:
            try:
                return source.some()
            except TimeoutError:
                if time.monotonic() - self._latest >= self._silence:
                    raise


def hang_up(end: socket.socket) -> None:
    """End both directions, so that whoever waits for it wakes; it may have ended already."""
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
