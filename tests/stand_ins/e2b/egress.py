"""What a machine may reach: the rules of E2B for names, and headers that are put on from outside.

As there, a connection is accepted first and judged by the name in the request. Only plain HTTP.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

ALL_TRAFFIC = "0.0.0.0/0"

_LARGEST_HEAD = 1 << 16
_PIECE = 1 << 16


def problem(rules: Mapping[str, Any]) -> str:
    """Why E2B would refuse these rules; '' if it takes them."""
    denied = rules.get("denyOut") or []
    names = [entry for entry in rules.get("allowOut") or [] if _is_name(entry)]
    if any(_is_name(entry) for entry in denied):
        return "domains are not supported in deny out"
    if names and ALL_TRAFFIC not in denied:
        return "when specifying allowed domains you must deny all other traffic"
    return ""


class Egress:
    """The gateway of one machine; `rules` are as the API takes them."""

    def __init__(self, listener: socket.socket, backends: Mapping[str, tuple[str, int]]) -> None:
        self.rules: Mapping[str, Any] = {}
        self.refused: list[str] = []
        self._listener = listener
        self._backends = backends
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Serve until `stop`."""
        self._listener.setblocking(False)
        self._keep(self._accept())

    def stop(self) -> None:
        """Cut every connection."""
        for task in self._tasks:
            task.cancel()

    def allows(self, host: str) -> bool:
        """By the rules as they are now: what is allowed wins over what is denied."""
        allowed = self.rules.get("allowOut") or []
        denied = ALL_TRAFFIC in (self.rules.get("denyOut") or [])
        if self.rules.get("allow_internet_access") is False or denied:
            return any(_matches(host, entry) for entry in allowed)
        return True

    def _keep(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(self._listener)
            reader, writer = await asyncio.open_connection(sock=connection)
            self._keep(self._serve(reader, writer))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            # It is their connection: what goes wrong on it is theirs to see.
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                head = await reader.readuntil(b"\r\n\r\n")
                await self._forward(head, reader, writer)
        finally:
            writer.close()

    async def _forward(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        request, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        headers = [(name, value.strip()) for name, _, value in (x.partition(":") for x in lines)]
        host = next((value for name, value in headers if name.lower() == "host"), "")
        host = host.partition(":")[0].lower()
        if not self.allows(host) or host not in self._backends:
            self.refused.append(host)
            return
        headers = self._transformed(host, headers)
        backend_reader, backend_writer = await asyncio.open_connection(*self._backends[host])
        try:
            text = "\r\n".join([request, *(f"{name}: {value}" for name, value in headers)])
            backend_writer.write(f"{text}\r\n\r\n".encode("latin-1"))
            forth = asyncio.ensure_future(_copy(reader, backend_writer))
            await _copy(backend_reader, writer)
            forth.cancel()
        finally:
            backend_writer.close()

    def _transformed(self, host: str, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        added: dict[str, str] = {}
        for name, rules in (self.rules.get("rules") or {}).items():
            if _matches(host, name):
                for rule in rules:
                    added |= (rule.get("transform") or {}).get("headers") or {}
        # One request for each connection, so that each is judged by its own name.
        gone = {"connection", *(name.lower() for name in added)}
        kept = [(name, value) for name, value in headers if name.lower() not in gone]
        return [*kept, *added.items(), ("Connection", "close")]


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(_PIECE):
            writer.write(data)
            await writer.drain()


def _is_name(entry: str) -> bool:
    return any(letter.isalpha() for letter in entry)


def _matches(host: str, entry: str) -> bool:
    if entry == ALL_TRAFFIC:
        return True
    if entry.startswith("*."):
        return host.endswith(entry[1:])
    return host == entry.lower()
