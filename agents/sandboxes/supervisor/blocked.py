"""The record of places that a command tried to reach and may not."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

MOST_PLACES = 100

Place = tuple[str, int]


class BlockedPlaces:
    """Appends to the record of a run: each place once, and not without end."""

    def __init__(self, descriptor: int) -> None:
        """`descriptor` is open for appending."""
        self._file = descriptor
        self._seen: set[Place] = set()
        self._lock = threading.Lock()

    def add(self, host: str, port: int) -> None:
        """Note a place; one that is known already changes nothing."""
        place = (host[:253], port)
        with self._lock:
            if place in self._seen or len(self._seen) >= MOST_PLACES:
                return
            self._seen.add(place)
            # One write, because a run may have two writers.
            os.write(self._file, json.dumps(place).encode() + b"\n")


def open_record(path: str) -> int:
    """A descriptor for `BlockedPlaces`."""
    return os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)


def read_blocked(path: Path) -> list[Place]:
    """The places in this record, each once, oldest first; none if there is no record."""
    try:
        *lines, _ = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    places = [(str(host), int(port)) for host, port in map(json.loads, lines)]
    return list(dict.fromkeys(places))[:MOST_PLACES]
