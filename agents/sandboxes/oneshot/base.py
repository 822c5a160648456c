"""The two seams of one-shot sandboxes: what starts tasks, and what keeps their workspaces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from agents.sandboxes.base import Event, Isolation, Limits, Network


@dataclass(frozen=True, slots=True)
class OneShotTask:
    """One task: a container, a job, a function. Nothing in it is secret but the address in `argv`.

    That address is good for this task alone and for `wall_seconds`. `label` names the execution,
    so that orphans can be found. The image needs python3, git and what the command needs.
    """

    label: str
    argv: Sequence[str]
    limits: Limits
    wall_seconds: float
    network: Network


class OneShotProvider(Protocol):
    """Starts tasks. Raises SandboxError with a sentence for the user."""

    name: str

    def probe(self) -> Isolation:
        """Run a task that does nothing; the isolation that it had."""
        ...

    def start(self, task: OneShotTask) -> str:
        """Start a task; its id, safe to store."""
        ...

    def follow(self, task_id: str, offset: int = 0) -> Iterator[Event]:
        """Its output from `offset`, `None` about every second of silence, then `Exited`.

        What the provider thinks of the exit status is only believed when the task left none.
        """
        ...

    def stop(self, task_id: str) -> None:
        """End it and all it started; returns when it is gone. Idempotent."""
        ...


class Store(Protocol):
    """Objects by key, which tasks read and write by address: a bucket with signed addresses."""

    def put(self, key: str, data: BinaryIO) -> None:
        """Keep an object, whole or not at all; an older one is replaced."""
        ...

    def open(self, key: str) -> BinaryIO:
        """The object, seekable; raises KeyError when there is none."""
        ...

    def keys(self, prefix: str) -> Sequence[str]:
        """The keys that begin like this, in order."""
        ...

    def delete(self, prefix: str) -> None:
        """Remove every object whose key begins like this."""
        ...

    def address_to_read(self, key: str, seconds: float) -> str:
        """An address that gives the object to whoever knows it, for so long."""
        ...

    def address_to_write(self, key: str, seconds: float) -> str:
        """An address that takes the object by PUT, for so long."""
        ...
