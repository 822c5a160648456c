"""Which folder of a repository holds the project, when nobody has chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from agents.pipelines.test_files import is_test_path

_MARKS = {
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements.txt",
    "tox.ini",
    "package.json",
    "go.mod",
    "Cargo.toml",
}
# Projects that lie there belong to somebody else, or to the documentation.
_NOT_OURS = {
    "node_modules",
    "vendor",
    "third_party",
    "docs",
    "doc",
    "examples",
    "example",
    ".github",
}
_DEPTH = 3
MAX_NAMED = 10


def usable(folder: str) -> str:
    """A folder's name as it is kept; raises ValueError for one that leads out of the repository."""
    pure = PurePosixPath(folder.strip() or ".")
    if pure.is_absolute() or ".." in pure.parts or "\0" in folder or pure.parts[:1] == (".git",):
        raise ValueError(f"“{folder[:200]}” is not a folder inside of the repository.")
    return "" if str(pure) == "." else str(pure)


def exists(folder: str, paths: Sequence[str]) -> bool:
    """Whether any file of the commit lies there."""
    return not folder or any(path.startswith(f"{folder}/") for path in paths)


def find(paths: Sequence[str]) -> tuple[str, str]:
    """The folder to work in, and a sentence about it, or ''.

    The whole repository when its root has a project or tests of its own, or when there are
    several projects or none below it.
    """
    if any("/" not in path and path in _MARKS for path in paths) or _has_tests_at_root(paths):
        return "", ""
    found = _outermost({str(PurePosixPath(path).parent) for path in paths if _marks(path)})
    if len(found) == 1:
        (only,) = found
        return only, f"The only project lies in {only}: setup and tests happen there."
    if not found:
        return "", ""
    named = ", ".join(found[:MAX_NAMED]) + (" and more" if len(found) > MAX_NAMED else "")
    return "", (
        f"There are projects in {named}. The work is done at the root: "
        "name a folder in the project's settings to choose one."
    )


def _marks(path: str) -> bool:
    parts = PurePosixPath(path).parts
    folders = [part.lower() for part in parts[:-1]]
    if not 1 <= len(folders) <= _DEPTH or _NOT_OURS & set(folders):
        return False
    return parts[-1] in _MARKS and not is_test_path("/".join([*folders, "any"]))


def _has_tests_at_root(paths: Sequence[str]) -> bool:
    return any(
        is_test_path(path) and ("/" not in path or is_test_path(f"{path.partition('/')[0]}/any"))
        for path in paths
    )


def _outermost(folders: set[str]) -> list[str]:
    return sorted(
        folder
        for folder in folders
        if not any(str(parent) in folders for parent in PurePosixPath(folder).parents)
    )
