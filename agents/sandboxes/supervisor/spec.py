"""What the supervisor is told: one command, its view of the host and its limits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class RunLimits:
    """Resource limits; see `base.Limits` for what each is counted over."""

    cpus: int
    memory_bytes: int
    disk_bytes: int
    cpu_seconds: int
    processes: int
    file_bytes: int
    open_files: int
    output_bytes: int


@dataclass
class RunDestination:
    """A place on the list; see `base.Destination`. Headers stay outside: they may be keys."""

    host: str
    port: int | None
    trusted: bool


@dataclass
class RunGate:
    """The only way out of a command whose network is a list.

    `port` is the gate's inside of the sandbox, `doors` are addresses and ports of this machine's
    loopback that work inside as well. `upstream` is the proxy that this machine itself has to
    use, "http://[user:password@]host:port", or "" if there is none.
    """

    destinations: list[RunDestination]
    port: int
    doors: list[tuple[str, int]]
    upstream: str = field(default="", repr=False)

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> RunGate:
        """The gate that these fields describe."""
        listed = [RunDestination(**each) for each in fields["destinations"]]
        doors = [(str(address), int(port)) for address, port in fields["doors"]]
        return cls(listed, fields["port"], doors, fields["upstream"])


@dataclass
class RunSpec:
    """One command. It holds secrets in `env`: never write it down.

    `tier` is a value of `base.Isolation`. `network` says that it has the host's network, `gate`
    that there is a gate (on the tier that isolates nothing, both). `uid` is whom the command becomes if the supervisor is
    root, else None. `tmp` is the folder shown as /tmp, or None for one in memory. `anchor` and
    `anchor_start` name the launcher, whose end ends the command; 0 for none.
    """

    tier: str
    argv: list[str]
    env: dict[str, str]
    cwd: str
    read_only: list[str]
    writable: list[str]
    etc_files: dict[str, str]
    limits: RunLimits
    wall_seconds: float
    lease_seconds: float
    network: bool = False
    gate: RunGate | None = None
    uid: int | None = None
    user_namespace: bool = True
    landlock: bool = True
    tmp: str | None = None
    anchor: int = 0
    anchor_start: int = 0
    bwrap: str = field(default="bwrap")

    def to_json(self) -> bytes:
        """The bytes that the supervisor reads from stdin."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> RunSpec:
        """The spec in these bytes; raises ValueError, KeyError or TypeError if it is not one."""
        fields = json.loads(data)
        fields["limits"] = RunLimits(**fields["limits"])
        fields["gate"] = fields["gate"] and RunGate.of(fields["gate"])
        return cls(**fields)
