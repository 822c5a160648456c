"""Somebody who looks at a job's log, and comes back after every cut."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.live.faults.product import Product

_PAUSE = 0.2  # seconds before the next attempt to connect
_TIMEOUT = 10.0


class Viewer:
    """Follows a log over its websocket, from the cursor on after each cut, until it has ended."""

    def __init__(self, product: Product, job: int) -> None:
        self.connections = 0
        self.complaints: list[str] = []
        self._address = product.address.replace("http", "ws", 1) + f"/ws/jobs/{job}/logs/"
        self._origin = Origin(product.address)
        self._cookie = product.cookie
        self._texts: defaultdict[int, list[str]] = defaultdict(list)
        self._streams: defaultdict[int, list[str]] = defaultdict(list)
        self._execution = 0
        self._last = 0
        self._socket: ClientConnection | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"viewer-{job}", daemon=True)
        self._thread.start()

    @property
    def has_ended(self) -> bool:
        """It was told that the log is complete."""
        return self._over.is_set() and not self._thread.is_alive()

    def text(self, execution: int, stream: str = "") -> str:
        """What it has seen of an attempt, of one stream or of all."""
        pairs = zip(self._streams[execution], self._texts[execution], strict=True)
        return "".join(text for name, text in pairs if stream in ("", name))

    def cut(self) -> None:
        """Lose the connection."""
        if self._socket is not None:
            self._socket.close_socket()

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        self.cut()
        self._thread.join(_TIMEOUT)

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self._follow()
            except (OSError, WebSocketException, TimeoutError):
                self._over.wait(_PAUSE)

    def _follow(self) -> None:
        query = f"?after={self._last}" + (f"&execution={self._execution}" if self._last else "")
        with connect(
            self._address + query,
            origin=self._origin,
            additional_headers={"Cookie": self._cookie},
            open_timeout=_TIMEOUT,
            close_timeout=1,
            max_queue=None,
            proxy=None,
        ) as self._socket:
            self.connections += 1
            for message in self._socket:
                told = json.loads(message)
                if told["type"] == "mark":
                    self._socket.send(message)  # else no more than about 1 MiB comes
                self._take(told)
                if self._over.is_set():
                    return

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "end":
            self._over.set()
        if message["type"] != "chunks":
            return
        if message["execution"] != self._execution:
            self._execution, self._last = message["execution"], 0
        for chunk in message["chunks"]:
            if chunk["seq"] != self._last + 1:
                self.complaints.append(f"after chunk {self._last} came {chunk['seq']}")
            self._last = chunk["seq"]
            self._texts[self._execution].append(chunk["text"])
            self._streams[self._execution].append(chunk["stream"])
