"""Reads a checkout in a directory within the limits that hold for a commit of a repository."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from clusters.forges import trees
from clusters.planner.base import SourceFile
from clusters.scoring.base import ScoringError


def source_files(root: Path) -> list[SourceFile]:
    """The text files below a directory in the order of git; raises ScoringError."""
    try:
        paths = sorted(_paths(root))
        return list(islice(_texts(root, paths), trees.MAX_FILES))
    except OSError as error:
        raise ScoringError(f"{root} cannot be read: {error}.") from error


def _paths(root: Path) -> Iterator[str]:
    """Regular files only: a symbolic link may lead anywhere."""
    folders = [root]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False) and entry.name != ".git":
                    folders.append(Path(entry.path))
                elif entry.is_file(follow_symlinks=False):
                    yield Path(entry.path).relative_to(root).as_posix()


def _texts(root: Path, paths: list[str]) -> Iterator[SourceFile]:
    for path in paths:
        with (root / path).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > trees.MAX_BLOB:
                continue
            text = trees.decode(file.read(trees.MAX_TEXT), complete=size <= trees.MAX_TEXT)
        if text is not None:
            yield SourceFile(trees.readable(os.fsencode(path)), text)
