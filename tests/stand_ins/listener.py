"""A listener that keeps everything, and can play the worker that dies."""

from __future__ import annotations

import threading

from agents.runners.base import AgentEvent


class WorkerDied(Exception):
    """What ends the run at a chosen point."""


class KeepingListener:
    """Keeps events and texts; dies at the `die_at`-th thing it is told, from 1.

    `stored` are the texts and `kept` the events that outlive it. As a log does, it keeps only the
    events that are new: each worker tells those of a round from the beginning.
    """

    def __init__(
        self,
        stored: dict[str, str] | None = None,
        die_at: int = 0,
        kept: list[AgentEvent] | None = None,
    ) -> None:
        self.events: list[AgentEvent] = []
        self.stored = {} if stored is None else stored
        self.kept = [] if kept is None else kept
        self.beats = 0
        self.told = 0
        self.threads: set[str] = set()
        self._die_at = die_at

    def emit(self, event: AgentEvent) -> None:
        self._point()
        self.events.append(event)
        if len(self.events) > len(self.kept):
            self.kept.append(event)
            self._point()

    def beat(self) -> None:
        self._point()
        self.beats += 1

    def recall(self, key: str) -> str:
        return self.stored.get(key, "")

    def remember(self, key: str, value: str) -> None:
        self.stored[key] = value
        self._point()

    def _point(self) -> None:
        self.threads.add(threading.current_thread().name)
        self.told += 1
        if self.told == self._die_at:
            raise WorkerDied
