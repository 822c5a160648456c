"""What a sandbox was made with, kept beside it so that any process can connect."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agents.sandboxes.base import Isolation, Limits, SandboxError, SandboxSpec
from agents.sandboxes.supervisor.records import read_record, write_record

_FILE = "sandbox.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Tier:
    """How commands are kept apart. `uid` is whom they become if the worker is root."""

    isolation: Isolation
    user_namespace: bool
    landlock: bool
    uid: int | None


@dataclass(frozen=True, slots=True)
class Settings:
    """The spec of a sandbox and the tier that it got."""

    spec: SandboxSpec
    tier: Tier

    def save(self, folder: Path) -> None:
        """Write them into the sandbox's folder."""
        write_record(folder / _FILE, asdict(self))

    @classmethod
    def load(cls, folder: Path) -> Settings | None:
        """Those of the sandbox in this folder; None if there is none."""
        record = read_record(folder / _FILE)
        if record is None:
            return None
        spec, tier = _mapping(record["spec"]), _mapping(record["tier"])
        return cls(
            spec=SandboxSpec(**{**spec, "limits": Limits(**_mapping(spec["limits"]))}),
            tier=Tier(**{**tier, "isolation": Isolation(tier["isolation"])}),
        )

    @staticmethod
    def forget(folder: Path) -> None:
        """Remove them: from here on nobody can connect any more."""
        (folder / _FILE).unlink(missing_ok=True)


def check_name(name: str, what: str) -> str:
    """The name, if it is safe as a file name; raises SandboxError otherwise."""
    if not _NAME.fullmatch(name):
        raise SandboxError(
            f"The {what} {name[:100]!r} may hold only letters, digits, dots, dashes and"
            " underscores, begin with a letter or digit, and have at most 100 characters."
        )
    return name


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise SandboxError("The sandbox's settings cannot be read; remove its folder.")
    return value
