"""Sandboxes for tests of the doctor."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from agents.sandboxes.base import (
    CommandResult,
    Isolation,
    Sandbox,
    SandboxError,
    SandboxSpec,
)


class Patient:
    """A provider that behaves as it is told; `created` and `closed` count sandboxes.

    `hangs`: it answers when somebody sets the event.
    """

    name = "patient"

    def __init__(
        self,
        isolation: Isolation = Isolation.NAMESPACES,
        *,
        error: str = "",
        says: str = "",
        hangs: threading.Event | None = None,
        failures: Mapping[Isolation, str] | None = None,
    ) -> None:
        self.isolation, self.error, self.says, self.hangs = isolation, error, says, hangs
        self.failures = failures or {}
        self.probed = 0
        self.created = 0
        self.closed = 0

    def probe(self) -> Isolation:
        self.probed += 1
        if self.hangs:
            self.hangs.wait()
        if self.error:
            raise SandboxError(self.error)
        return self.isolation

    def create(self, spec: SandboxSpec) -> Sandbox:
        self.created += 1
        return _Room(self)  # type: ignore[return-value] # as much of one as the doctor needs

    def connect(self, sandbox_id: str) -> Sandbox:
        raise NotImplementedError

    def list(self, label: str = "") -> Sequence[str]:
        return []

    def labels(self) -> Mapping[str, str]:
        return {}


class _Room:
    def __init__(self, owner: Patient) -> None:
        self._owner = owner

    def run(self, argv: Sequence[str], **_: object) -> CommandResult:
        ok = bool(self._owner.says)
        said = self._owner.says or "cannot execute"
        return CommandResult(0 if ok else 126, said.encode(), 0.1, "exited")

    def close(self) -> None:
        self._owner.closed += 1
