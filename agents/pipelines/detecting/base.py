"""What detection reads, and what it finds."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

Read = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class PythonNeeds:
    """What a Python project asks to be installed. Paths are relative to its folder.

    `installable` is whether pip can install the project itself, with the optional dependencies
    `extras`; `requirements` are files for pip, `packages` single requirements, and `pinned` the
    versions of a lock file. `installer` is who wrote the lock: "uv", "poetry" or ''; it is asked
    for the `groups` of dependencies.
    """

    installable: bool = False
    extras: Sequence[str] = ()
    requirements: Sequence[str] = ()
    packages: Sequence[str] = ()
    pinned: Sequence[str] = ()
    installer: str = ""
    groups: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class NodeNeeds:
    """How a JavaScript project's packages are installed.

    `manager` is npm, pnpm or yarn, and `version` the one that is asked for, or ''. `locked` is
    whether there is a lock file. `folder` is where the manager runs, relative to the repository:
    a workspace is installed from its root. `declared` is whether any package is asked for.
    """

    manager: str = "npm"
    version: str = ""
    locked: bool = False
    folder: str = ""
    declared: bool = True


@dataclass(frozen=True, slots=True)
class Project:
    """What was found in `folder`, which is relative to the repository.

    `command` starts the tests, with `environment`; `framework` names how single tests are counted
    (see `agents.pipelines.frameworks`), or is '' when only the exit code tells. `has_tests` says
    whether any were seen. `programs` must be in the sandbox. `fetch` brings dependencies where
    one command does. `source_roots` are the folders that Python imports from, relative to
    `folder`. `module` is the name that packages of Go begin with. `notes` are sentences for a
    person.
    """

    kind: str
    folder: str = ""
    framework: str = ""
    command: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    has_tests: bool = False
    programs: Sequence[str] = ()
    python: PythonNeeds | None = None
    node: NodeNeeds | None = None
    fetch: Sequence[str] = ()
    source_roots: Sequence[str] = ("",)
    module: str = ""
    notes: Sequence[str] = ()


class Files:
    """The files of one folder of a commit. Every path is relative to that folder."""

    def __init__(self, paths: Sequence[str], read: Read, folder: str = "") -> None:
        self.folder = folder
        self._all = paths
        self._read = read
        start = f"{folder}/" if folder else ""
        self.paths = [path.removeprefix(start) for path in paths if path.startswith(start)]
        self.known = frozenset(self.paths)

    def at(self, folder: str) -> Files:
        """The files of another folder, which is relative to the repository."""
        return Files(self._all, self._read, folder)

    def around(self) -> list[Files]:
        """This folder and those above it, nearest first."""
        above = (
            [str(parent) for parent in PurePosixPath(self.folder).parents] if self.folder else []
        )
        return [self, *(self.at("" if parent == "." else parent) for parent in above)]

    def text(self, path: str) -> str:
        """The file as text, '' when it is not there; what is not UTF-8 is replaced."""
        if path not in self.known:
            return ""
        data = self._read(f"{self.folder}/{path}" if self.folder else path)
        return (data or b"").decode("utf-8", "replace")

    def toml(self, path: str) -> dict[str, Any]:
        """The tables of a TOML file; none when it cannot be read."""
        try:
            return tomllib.loads(self.text(path))
        except (tomllib.TOMLDecodeError, RecursionError):
            return {}

    def json(self, path: str) -> object:
        """What a JSON file holds; None when it cannot be read."""
        try:
            return json.loads(self.text(path))
        except (ValueError, RecursionError):
            return None


def table(data: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """A table inside of tables; empty when there is none."""
    found: Mapping[str, Any] = data
    for key in keys:
        value = found.get(key)
        found = value if isinstance(value, dict) else {}
    return dict(found)


def texts(value: object) -> list[str]:
    """The texts of a list; none when it is no list."""
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []
