"""Test commands that name the files to run: what they leave out, and what their patterns mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import PurePosixPath

_PARTS = re.compile(r"\*\*/|\*\*|\*|\?|\{[^{}/]*\}|.")


def left_out(command: Sequence[str], paths: Sequence[str], modules: Sequence[str]) -> list[str]:
    """Of the changed test `modules` those that a command does not run.

    `paths` are all files that the command could name. A command that names none of them or of
    their folders leaves the choice to the framework, which a named file would end: then the answer
    is empty.
    """
    named = _named(command, _with_folders(paths))
    return sorted(path for path in modules if named and not _covered(path, named))


def resolved(command: Sequence[str], paths: Sequence[str]) -> list[str]:
    """The command with the files that its patterns mean, as a shell would have put them there.

    A pattern that means no file, and every option, stays as it is.
    """
    words: list[str] = []
    for word in command:
        fits = _pattern(word) if _is_pattern(word) else None
        found = [path for path in paths if fits and fits.fullmatch(path)]
        words += [f"./{path}" for path in found] or [word]
    return words


def _is_pattern(word: str) -> bool:
    return not word.startswith("-") and any(letter in word for letter in "*?{")


def _pattern(glob: str) -> re.Pattern[str]:
    return re.compile("".join(map(_translated, _PARTS.findall(glob.removeprefix("./")))))


def _translated(part: str) -> str:
    match part:
        case "**/":
            return "(?:[^/]+/)*"
        case "**":
            return ".*"
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
        case _ if part.startswith("{") and part.endswith("}"):
            return f"(?:{'|'.join(map(re.escape, part[1:-1].split(',')))})"
        case _:
            return re.escape(part)


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
