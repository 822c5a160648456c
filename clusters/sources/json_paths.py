"""Finds values in a stranger's JSON by paths such as `data.items[0].title`.

A path is names with dots between them; `[2]` is a place of a list, `[-1]` its last one, and
`["odd.name"]` a name with any characters. `a.b | c` is the first of several that holds something.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache

LONGEST = 300  # characters of a path
_STEP = re.compile(
    r"""(?:\A|\.)(?P<name>[^.\[\]"|\s][^.\[\]"|]*)|\[(?P<place>-?\d{1,6})\]|\[(?P<quoted>"(?:[^"\\]|\\.)*")\]"""
)

Step = str | int


class PathError(ValueError):
    """The text is no path; the message is a sentence."""


@lru_cache(maxsize=1_000)
def compiled(path: str) -> tuple[tuple[Step, ...], ...]:
    """The alternatives of a path as their steps; raises PathError."""
    if len(path) > LONGEST:
        raise PathError(f"A path has at most {LONGEST} characters.")
    return tuple(
        _steps(part.strip()) for part in re.split(r"\|(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", path)
    )


def find(data: object, path: str, *, empty: bool = False) -> object:
    """The first value that a path leads to; None when there is none. Raises PathError.

    `empty`: one that is empty is a value, too.
    """
    for steps in compiled(path):
        found = data
        for step in steps:
            found = _step(found, step)
        if found is not None and (empty or found not in ("", [], {})):
            return found
    return None


def _steps(text: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    end = len(text) if text.startswith(".") else 0
    while end < len(text):
        match = _STEP.match(text, end)
        if match is None:
            raise PathError(f"“{text[:60]}” is no path: write it like data.items[0].title.")
        steps.append(_one(match))
        end = match.end()
    if not steps:
        raise PathError("A path is empty.")
    return tuple(steps)


def _one(match: re.Match[str]) -> Step:
    if match["place"] is not None:
        return int(match["place"])
    if match["name"] is not None:
        return match["name"].strip()
    try:
        return str(json.loads(match["quoted"]))
    except ValueError as error:
        raise PathError(f"{match['quoted'][:60]} is no text in quotes.") from error


def _step(value: object, step: Step) -> object:
    if isinstance(step, int):
        there = isinstance(value, list) and -len(value) <= step < len(value)
        return value[step] if there else None  # type: ignore[index]
    return value.get(step) if isinstance(value, Mapping) else None
