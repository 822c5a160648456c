"""Test commands that name the files to run: what they leave out, and what their patterns mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import PurePosixPath

MOST_PATTERNS = 50
LONGEST_PATTERN = 500  # characters
_PARTS = re.compile(r"\*\*/|\*\*|\*|\?|\{[^{}/]*\}|.")
# Wildcards, and what they take: as little as they can.
_DEEP = {"**/": "(?:[^/]+/)*?", "**": ".*?"}
_IN_NAMES = {"*": "[^/]*?"}


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
    room = MOST_PATTERNS
    for word in command:
        room -= _is_pattern(word)
        fits = _pattern(word) if _is_pattern(word) and room >= 0 else None
        found = [path for path in paths if fits and fits.fullmatch(path)]
        words += [f"./{path}" for path in found] or [word]
    return words


def _is_pattern(word: str) -> bool:
    if word.startswith("-") or len(word) > LONGEST_PATTERN:
        return False
    return any(letter in word for letter in "*?{")


def _pattern(glob: str) -> re.Pattern[str]:
    """Patterns and paths are a stranger's: what a wildcard has taken is never given back.

    Else a few of them would try every way to share a path out, which takes for ever. The first
    place where the part behind a wildcard fits is as good as any other; only the last part has
    to fit the end.
    """
    return re.compile(_shared(_PARTS.findall(glob.removeprefix("./")), _DEEP, _flat))


def _flat(parts: Sequence[str], *, last: bool) -> str:
    """Parts between two wildcards that cross folders."""
    return _shared(parts, _IN_NAMES, lambda few, last: "".join(map(_translated, few)), last=last)


def _shared(
    parts: Sequence[str],
    wildcards: Mapping[str, str],
    translate: Callable[..., str],
    *,
    last: bool = True,
) -> str:
    places = [place for place, part in enumerate(parts) if part in wildcards]
    begins = parts[: places[0]] if places else parts
    written = [translate(begins, last=last and not places)]
    for place, following in pairwise([*places, len(parts)]):
        at_end = last and following == len(parts)
        rest = translate(parts[place + 1 : following], last=at_end)
        written.append(f"(?{':' if at_end else '>'}{wildcards[parts[place]]}{rest})")
    return "".join(written)


def _translated(part: str) -> str:
    if part == "?":
        return "[^/]"
    if part.startswith("{") and part.endswith("}"):
        return f"(?:{'|'.join(map(re.escape, part[1:-1].split(',')))})"
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
