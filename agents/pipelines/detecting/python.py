"""Python projects: pyproject.toml, setup.py, requirements, tox.ini, or tests alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from agents.pipelines.detecting import poetry, tox
from agents.pipelines.detecting.base import Files, Project, PythonNeeds, table, texts
from agents.pipelines.detecting.locks import pinned
from agents.pipelines.test_files import is_python_test

_EXTRAS = ("test", "tests", "testing")
_REQUIREMENTS = (
    "requirements-{}.txt",
    "requirements_{}.txt",
    "{}-requirements.txt",
    "{}_requirements.txt",
    "requirements/{}.txt",
)
_PYTEST = ("python3", "-m", "pytest")


def detect(files: Files) -> Project | None:
    """A Python project: it can be installed, or it has requirements or tests."""
    described = files.known & {"pyproject.toml", "setup.py", "setup.cfg"}
    requirements = _requirement_files(files.known)
    modules = [path for path in files.paths if is_python_test(path)]
    if not (described or requirements or modules or "tox.ini" in files.known):
        return None
    pyproject = files.toml("pyproject.toml")
    return Project(
        kind="python",
        folder=files.folder,
        framework="pytest",
        command=tox.command(files) or [*_PYTEST, *_names_of_test_files(modules)],
        has_tests=bool(modules),
        python=_needs(files, described, pyproject, requirements),
        source_roots=_source_roots(files.paths, pyproject),
    )


def _needs(
    files: Files, described: frozenset[str], pyproject: dict[str, Any], requirements: list[str]
) -> PythonNeeds:
    groups = _chosen(table(pyproject, "dependency-groups"))
    installable = _installable(described, pyproject)
    installer, lock = _lock(files)
    return PythonNeeds(
        installable=installable,
        extras=_chosen(table(pyproject, "project", "optional-dependencies")),
        requirements=list(dict.fromkeys([*requirements, *tox.requirement_files(files)])),
        packages=[
            *_grouped(table(pyproject, "dependency-groups"), groups),
            *poetry.packages(pyproject, installable=installable),
            *tox.packages(files),
        ],
        pinned=pinned(lock),
        installer=installer,
        groups=groups,
    )


def _lock(files: Files) -> tuple[str, dict[str, Any]]:
    """Who locked the versions, and the lock; uv keeps one for a whole workspace."""
    for around in files.around():
        if "uv.lock" in around.known:
            return "uv", around.toml("uv.lock")
    if "poetry.lock" in files.known:
        return "poetry", files.toml("poetry.lock")
    return "", {}


def _requirement_files(known: frozenset[str]) -> list[str]:
    # Tools of developers are many and slow to install: only where nothing is said about tests.
    own = [name for name in ("requirements.txt",) if name in known]
    return own + (_named(known, _EXTRAS) or _named(known, ("dev",)))


def _named(known: frozenset[str], words: Sequence[str]) -> list[str]:
    names = [name.format(word) for word in words for name in _REQUIREMENTS]
    return [name for name in names if name in known]


def _names_of_test_files(modules: Sequence[str]) -> list[str]:
    # pytest does not look into files that are named as unittest and Django know them.
    names = {PurePosixPath(path).name for path in modules}
    return ["-o", "python_files=tests.py *_tests.py"] if names and not _usual(names) else []


def _usual(names: set[str]) -> bool:
    return any(name.startswith("test_") or name.endswith("_test.py") for name in names)


def _installable(described: frozenset[str], pyproject: dict[str, Any]) -> bool:
    if table(pyproject, "tool", "poetry").get("package-mode") is False:
        return False
    only_tools = described == {"pyproject.toml"} and not pyproject.keys() & {
        "project",
        "build-system",
    }
    return bool(described) and not only_tools


def _chosen(offered: dict[str, Any]) -> list[str]:
    return [name for name in _EXTRAS if name in offered] or [n for n in ("dev",) if n in offered]


def _grouped(groups: dict[str, Any], chosen: Sequence[str]) -> list[str]:
    return [line for name in chosen for line in _group(groups, name, frozenset())]


def _group(groups: dict[str, Any], name: str, seen: frozenset[str]) -> list[str]:
    entries = groups.get(name)
    lines: list[str] = []
    for entry in entries if isinstance(entries, list) and name not in seen else []:
        if isinstance(entry, str) and is_requirement(entry):
            lines.append(entry)
        elif isinstance(entry, dict) and isinstance(entry.get("include-group"), str):
            lines += _group(groups, entry["include-group"], seen | {name})
    return lines


def is_requirement(line: str) -> bool:
    """Whether pip would read this as a requirement, and not as one of its options."""
    return bool(line.strip()) and not line.lstrip().startswith("-") and "\n" not in line


def _source_roots(paths: Sequence[str], pyproject: dict[str, Any]) -> list[str]:
    setuptools = table(pyproject, "tool", "setuptools")
    named: list[Any] = [table(setuptools, "package-dir").get("")]
    named += texts(table(setuptools, "packages", "find").get("where"))
    packages = table(pyproject, "tool", "poetry").get("packages")
    for entry in packages if isinstance(packages, list) else []:
        named.append(entry.get("from") if isinstance(entry, dict) else None)
    folders = {path.partition("/")[0] for path in paths if "/" in path}
    usual = ["src"] if "src" in folders else []
    roots = [root for root in named if isinstance(root, str) and _is_inside(root)]
    return list(dict.fromkeys(["", *usual, *(root.strip("./") for root in roots)]))


def _is_inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return not pure.is_absolute() and ".." not in pure.parts and ":" not in path
