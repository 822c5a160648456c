"""Follows one command over as many streams as it takes."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agents.sandboxes.base import Blocked, Event, Exited, OutputChunk, SandboxError
from agents.sandboxes.e2b.errors import Passing
from agents.sandboxes.e2b.helper import Facts, Helper, NotInstalled

# Pauses between tries when streams break one after the other; then it is given up.
PAUSES = (0.1, 0.3, 1.0, 3.0, 5.0, 10.0, 10.0, 10.0)
# How long the program inside waits to be heard before it stops renewing the lease.
_LONGEST_PATIENCE = 20.0
_BEATS = 4  # in each such time
_DOING = "follow a command"


class Follower:
    """The events of a command from `offset`; with an `order` it is started first.

    `on_event` is called between events. Raises SandboxLost when the machine is gone.
    """

    def __init__(
        self,
        helper: Helper,
        key: str,
        offset: int,
        *,
        lease_seconds: float,
        order: Mapping[str, Any] | None,
        on_event: Callable[[], None],
    ) -> None:
        self._helper = helper
        self._key = key
        self._offset = offset
        self._patience = min(_LONGEST_PATIENCE, lease_seconds / 2)
        self._order = order
        self._on_event = on_event
        self._told: set[Blocked] = set()
        self._failures = 0

    def events(self) -> Iterator[Event]:
        """Output, silence, what was blocked, and at last the end."""
        while True:
            try:
                for facts in self._stream():
                    self._failures = 0
                    event = self._event(facts)
                    self._on_event()
                    if event is not None or "silence" in facts:
                        yield event
                    if isinstance(event, Exited):
                        return
            except Passing:
                self._pause()
            except NotInstalled:
                self._failures += 1
                self._helper.install()
                if self._failures > 1:
                    raise

    def _stream(self) -> Iterator[Facts]:
        return self._helper.stream(
            "start" if self._order is not None else "follow",
            self._key,
            self._offset,
            self._patience,
            doing="start a command" if self._order is not None else _DOING,
            order=self._order,
            beat_seconds=self._patience / _BEATS,
        )

    def _event(self, facts: Facts) -> Event:
        match facts:
            case {"started": True}:
                self._order = None  # from here on it is only followed
            case {"at": int(at), "data": str(data)}:
                return self._chunk(at, base64.b64decode(data))
            case {"blocked": [str(host), int(port)]}:
                blocked = Blocked(host, port)
                if blocked not in self._told:
                    self._told.add(blocked)
                    return blocked
            case {"exited": [code, number, str(reason), str(error), bool(truncated)]}:
                return Exited(code, number, reason, error, truncated)
            case {"silence": True}:
                pass
            case _:
                raise SandboxError("The sandbox answered with something that cannot be understood.")
        return None

    def _chunk(self, at: int, data: bytes) -> OutputChunk:
        if at != self._offset:
            raise SandboxError("The sandbox left out a part of a command's output.")
        chunk = OutputChunk(at, data)
        self._offset = chunk.end
        return chunk

    def _pause(self) -> None:
        if self._failures == len(PAUSES):
            raise SandboxError(
                "The connection to the sandbox at E2B broke again and again. What ran there is "
                "ended when its lease is over; start again."
            )
        time.sleep(PAUSES[self._failures])
        self._failures += 1
