"""The sandbox seam: one live place to run a stranger's code, on one provider.

Plain Python: no Django here. A provider passes `tests/agents/sandboxes/contract.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Protocol

_LIMITS = ("memory", "disk")  # reasons of `Exited`


class SandboxError(Exception):
    """The sandbox could not do what was asked; the text says what and what to do next."""


class SandboxLost(SandboxError):
    """The sandbox is gone and nothing in it can be read any more."""


class Reach(StrEnum):
    """How far a command's network goes."""

    NONE = "none"
    LIST = "list"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Destination:
    """A host that may be reached.

    `host` is a name, "*.name" for every name below it, or an address; `port` None means 80 and
    443. `trusted` says that the operator named it, so that it may lie in a private network or on
    the worker's own loopback; any other name must lead to a public address. `headers` are put on
    requests to it where the provider does that outside of the sandbox.
    """

    host: str
    port: int | None = None
    trusted: bool = False
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Network:
    """What a command may reach. The phases of a job choose; the default is nothing.

    `destinations` count when the reach is a list, and for their headers when it is open.
    """

    NONE: ClassVar[Network]
    OPEN: ClassVar[Network]

    reach: Reach
    destinations: tuple[Destination, ...] = ()

    @classmethod
    def only(cls, destinations: Iterable[Destination]) -> Network:
        """These destinations and nothing else; nothing at all when there are none."""
        listed = tuple(dict.fromkeys(destinations))
        return cls(Reach.LIST, listed) if listed else cls.NONE


Network.NONE = Network(Reach.NONE)
Network.OPEN = Network(Reach.OPEN)


class Isolation(StrEnum):
    """How far a command is kept from the host, strongest first."""

    MACHINE = "machine"  # a virtual machine of its own, somewhere else
    NAMESPACES = "namespaces"
    BUBBLEWRAP = "bubblewrap"
    LANDLOCK = "landlock"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Limits:
    """Resource limits.

    `cpus`, `memory_bytes` and `disk_bytes` are of everything in a sandbox together (where a
    provider has fixed sizes, of its machine); `processes` of a user; the others per process, but
    for `output_bytes`, which is per command.
    """

    cpus: int = 2
    memory_bytes: int = 4 << 30
    disk_bytes: int = 10 << 30
    cpu_seconds: int = 3600
    processes: int = 512
    file_bytes: int = 2 << 30
    open_files: int = 4096
    output_bytes: int = 256 << 20


@dataclass(frozen=True, slots=True)
class SandboxSpec:
    """What to create. `label` names the execution, so that orphans can be found again.

    `wall_seconds` ends every command; `lease_seconds` ends one that no worker follows.
    """

    label: str
    limits: Limits = field(default_factory=Limits)
    wall_seconds: float = 1800.0
    lease_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Blocked:
    """A place that a command tried to reach and may not; told once for each command."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class CommandResult:
    """A finished short command. `exit_code` is None when it did not exit by itself."""

    exit_code: int | None
    output: bytes
    seconds: float
    reason: str  # one of the reasons of `Exited`
    truncated: bool = False
    blocked: tuple[Blocked, ...] = ()

    @property
    def ok(self) -> bool:
        """It ran to its end and said 0; a missing status never reads as success."""
        return self.exit_code == 0 and self.reason == "exited"

    @property
    def over_limit(self) -> bool:
        """The sandbox used more memory or disk than it may."""
        return self.reason in _LIMITS

    @property
    def text(self) -> str:
        """The output, decoded; bytes that are not UTF-8 are replaced."""
        return self.output.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class ProcessHandle:
    """Names a spawned process for any worker, also after a crash. `id` is safe to store."""

    id: str


@dataclass(frozen=True, slots=True)
class OutputChunk:
    """Output bytes that begin at `offset`; the next chunk begins at `end`."""

    offset: int
    data: bytes

    @property
    def end(self) -> int:
        """The offset to follow from after this chunk."""
        return self.offset + len(self.data)


@dataclass(frozen=True, slots=True)
class Exited:
    """How a process ended.

    `reason`: exited | timeout | killed | lease | anchor | memory | disk | error | lost.
    """

    code: int | None
    signal: int | None
    reason: str
    error: str = ""
    truncated: bool = False

    @property
    def over_limit(self) -> bool:
        """The sandbox used more memory or disk than it may; `error` says so."""
        return self.reason in _LIMITS


Event = OutputChunk | Blocked | Exited | None


class Sandbox(Protocol):
    """One live place. Paths are absolute; everything writable lies under `root`.

    `adds_headers` says that the provider puts a destination's headers on requests outside of the
    sandbox, so that a key need not be inside.
    """

    id: str
    root: str
    repository: str  # where put_repository() checks out: f"{root}/repo"
    isolation: Isolation
    adds_headers: bool

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 60.0,
        network: Network = Network.NONE,
        on_output: Callable[[bytes], None] | None = None,
    ) -> CommandResult:
        """Run a short command to its end; stdout and stderr arrive merged."""
        ...

    def spawn(
        self,
        argv: Sequence[str],
        *,
        key: str,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
        network: Network = Network.NONE,
    ) -> ProcessHandle:
        """Start a long command detached. The same `key` twice gives the same process."""
        ...

    def follow(self, handle: ProcessHandle, offset: int = 0) -> Iterator[Event]:
        """Yield output from `offset`, `None` about every second of silence, then `Exited`.

        What was `Blocked` comes in between, from the beginning with every call.
        """
        ...

    def kill(self, handle: ProcessHandle) -> None:
        """End the whole process tree. Idempotent."""
        ...

    def read(self, path: str, *, limit: int = 32 << 20) -> bytes:
        """The bytes of a regular file under `root`; never through a symlink."""
        ...

    def write(self, path: str, data: bytes, *, mode: int = 0o644) -> None:
        """Write a file under `root`, folders included; never through a symlink."""
        ...

    def put_repository(self, bundle: Path, *, base: str, shallow: Sequence[str]) -> None:
        """Check `base` out at `repository`, on branch `work`, from a (shallow) bundle."""
        ...

    def get_commits(self, base: str) -> bytes:
        """A git bundle of `base..work`; empty bytes when there are no commits."""
        ...

    def provide(self, archive: bytes) -> str:
        """A folder with what is in a .tar.gz of ours, which commands can read.

        Whatever they did to it before, it is as we made it; most providers keep it out of their
        reach altogether. Cheap to ask for again.
        """
        ...

    def rest(self) -> None:
        """Nothing will happen for a while: a provider may pause it. `connect` wakes it."""
        ...

    def close(self) -> None:
        """End every process and remove every trace. Idempotent."""
        ...


class SandboxProvider(Protocol):
    """Creates and finds sandboxes on one provider."""

    name: str

    def probe(self) -> Isolation:
        """Run something in a throw-away sandbox; the isolation that it really gives."""
        ...

    def create(self, spec: SandboxSpec) -> Sandbox:
        """A fresh sandbox; raises SandboxError with a sentence for the user."""
        ...

    def connect(self, sandbox_id: str) -> Sandbox:
        """The sandbox of that id; raises SandboxLost when it is gone."""
        ...

    def list(self, label: str = "") -> Sequence[str]:
        """Ids of the sandboxes that exist, all or those of one label."""
        ...

    def labels(self) -> Mapping[str, str]:
        """The label of each sandbox that exists, by its id."""
        ...
