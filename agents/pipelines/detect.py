"""What kind of project a repository holds, read from its files on the worker.

A new kind is one function in `DETECTORS`.
"""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from agents.pipelines.test_files import is_test_module

Read = Callable[[str], bytes | None]

_EXTRAS = ("test", "tests", "testing")
_REQUIREMENTS = (
    "requirements-{}.txt",
    "requirements_{}.txt",
    "{}-requirements.txt",
    "{}_requirements.txt",
    "requirements/{}.txt",
)


@dataclass(frozen=True, slots=True)
class Project:
    """What was found. Paths are relative to the repository.

    `command` starts the tests; `pytest` says that its options are pytest's. `installable` is
    whether pip can install the project itself, with the optional dependencies `extras`;
    `requirements` are files for pip, and `packages` requirements that stand in pyproject.toml.
    `source_roots` are the folders that Python imports the project from.
    """

    kind: str
    command: Sequence[str] = ()
    pytest: bool = False
    installable: bool = False
    extras: Sequence[str] = ()
    requirements: Sequence[str] = ()
    packages: Sequence[str] = ()
    source_roots: Sequence[str] = field(default_factory=lambda: [""])


def detect(paths: Sequence[str], read: Read, test_command: str = "") -> Project:
    """The project of a repository's files; `test_command` replaces the one that was found.

    `kind` is "unknown" when nobody knows the files. Raises ValueError for a command with an
    unclosed quote.
    """
    found = (detector(paths, read) for detector in DETECTORS)
    project = next((project for project in found if project is not None), Project("unknown"))
    if not test_command.strip():
        return project
    command = shlex.split(test_command)
    return Project(
        kind=project.kind,
        command=command,
        pytest=_is_pytest(command),
        installable=project.installable,
        extras=project.extras,
        requirements=project.requirements,
        packages=project.packages,
        source_roots=project.source_roots,
    )


def _is_pytest(command: Sequence[str]) -> bool:
    names = [PurePosixPath(word).name for word in command]
    by_module = list(command[1:3]) == ["-m", "pytest"] and names[0].startswith("python")
    return names[:1] in (["pytest"], ["py.test"]) or by_module


def detect_python(paths: Sequence[str], read: Read) -> Project | None:
    """A Python project: it can be installed, or it has requirements or tests."""
    known = set(paths)
    described = known & {"pyproject.toml", "setup.py", "setup.cfg"}
    requirements = _requirement_files(known)
    modules = [path for path in paths if is_test_module(path)]
    if not (described or requirements or modules):
        return None
    pyproject = _toml(read("pyproject.toml")) if "pyproject.toml" in known else {}
    return Project(
        kind="python",
        command=["python3", "-m", "pytest", *_names_of_test_files(modules)],
        pytest=True,
        installable=_installable(described, pyproject),
        extras=_extras(pyproject),
        requirements=requirements,
        packages=_grouped(pyproject),
        source_roots=_source_roots(paths, pyproject),
    )


DETECTORS: list[Callable[[Sequence[str], Read], Project | None]] = [detect_python]


def _requirement_files(known: set[str]) -> list[str]:
    # Tools of developers are many and slow to install: only where nothing is said about tests.
    own = [name for name in ("requirements.txt",) if name in known]
    return own + (_named(known, _EXTRAS) or _named(known, ("dev",)))


def _named(known: set[str], words: Sequence[str]) -> list[str]:
    names = [name.format(word) for word in words for name in _REQUIREMENTS]
    return [name for name in names if name in known]


def _names_of_test_files(modules: Sequence[str]) -> list[str]:
    # pytest does not look into files that are named as unittest and Django know them.
    names = {PurePosixPath(path).name for path in modules}
    return ["-o", "python_files=tests.py *_tests.py"] if names and not _usual(names) else []


def _usual(names: set[str]) -> bool:
    return any(name.startswith("test_") or name.endswith("_test.py") for name in names)


def _installable(described: set[str], pyproject: dict[str, Any]) -> bool:
    only_tools = described == {"pyproject.toml"} and not pyproject.keys() & {
        "project",
        "build-system",
    }
    return bool(described) and not only_tools


def _extras(pyproject: dict[str, Any]) -> list[str]:
    offered = _table(pyproject, "project", "optional-dependencies")
    return [name for name in _EXTRAS if name in offered] or [n for n in ("dev",) if n in offered]


def _grouped(pyproject: dict[str, Any]) -> list[str]:
    groups = _table(pyproject, "dependency-groups")
    chosen = [name for name in _EXTRAS if name in groups] or [n for n in ("dev",) if n in groups]
    return [line for name in chosen for line in _group(groups, name, frozenset())]


def _group(groups: dict[str, Any], name: str, seen: frozenset[str]) -> list[str]:
    entries = groups.get(name)
    lines: list[str] = []
    for entry in entries if isinstance(entries, list) and name not in seen else []:
        if isinstance(entry, str) and _is_requirement(entry):
            lines.append(entry)
        elif isinstance(entry, dict) and isinstance(entry.get("include-group"), str):
            lines += _group(groups, entry["include-group"], seen | {name})
    return lines


def _is_requirement(line: str) -> bool:
    # A line that begins with "-" would be an option of pip.
    return bool(line.strip()) and not line.lstrip().startswith("-") and "\n" not in line


def _source_roots(paths: Sequence[str], pyproject: dict[str, Any]) -> list[str]:
    setuptools = _table(pyproject, "tool", "setuptools")
    named: list[Any] = [_table(setuptools, "package-dir").get("")]
    where = _table(setuptools, "packages", "find").get("where")
    named += where if isinstance(where, list) else []
    packages = _table(pyproject, "tool", "poetry").get("packages")
    for entry in packages if isinstance(packages, list) else []:
        named.append(entry.get("from") if isinstance(entry, dict) else None)
    folders = {path.partition("/")[0] for path in paths if "/" in path}
    usual = ["src"] if "src" in folders else []
    roots = [root for root in named if isinstance(root, str) and _is_inside(root)]
    return list(dict.fromkeys(["", *usual, *(root.strip("./") for root in roots)]))


def _is_inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return not pure.is_absolute() and ".." not in pure.parts and ":" not in path


def _table(data: dict[str, Any], *keys: str) -> dict[str, Any]:
    for key in keys:
        value = data.get(key)
        data = value if isinstance(value, dict) else {}
    return data


def _toml(data: bytes | None) -> dict[str, Any]:
    try:
        return tomllib.loads((data or b"").decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}
