"""What the supervisor is told: one command, its view of the host and its limits."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field


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
class RunSpec:
    """One command. It holds secrets in `env`: never write it down.

    `tier` is a value of `base.Isolation`. `uid` is whom the command becomes if the supervisor is
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
        return cls(**{**fields, "limits": RunLimits(**fields["limits"])})
