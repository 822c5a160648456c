"""Test commands that name the files to run, and the new tests that they would leave out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import PurePosixPath

from agents.pipelines.test_files import is_test_module


def left_out(command: Sequence[str], paths: Sequence[str], changed: Sequence[str]) -> list[str]:
    """Of the `changed` files the test modules that a command of pytest does not run.

    `paths` are all files of the repository. A command that names none of them or of their folders
    leaves the choice to pytest, which a named file would end: then the answer is empty.
    """
    named = _named(command, _with_folders(paths))
    if not named:
        return []
    modules = [path for path in changed if is_test_module(path)]
    return sorted(path for path in modules if not _covered(path, named))


def _named(command: Sequence[str], known: set[str]) -> list[str]:
    """What the command names, single tests (`file::test`) included."""
    return [
        str(PurePosixPath(word))
        for before, word in pairwise(command)
        # After an option it may be the option's value.
        if not before.startswith("-") and str(PurePosixPath(word.partition("::")[0])) in known
    ]


def _with_folders(paths: Sequence[str]) -> set[str]:
    folders = {str(parent) for path in paths for parent in PurePosixPath(path).parents}
    return {*paths, *folders}


def _covered(path: str, named: Sequence[str]) -> bool:
    around = {path, *map(str, PurePosixPath(path).parents)}
    return not around.isdisjoint(named)
