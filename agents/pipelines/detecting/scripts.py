"""Reads commands of package.json's scripts: which test framework do they call, and how?"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

_ASSIGNED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=[^$`]*")
# What only a shell understands. A quoted one is taken for a shell's, too, which costs nothing.
_OF_SHELLS = re.compile(r"[;&|<>`$\\()\n]|(^|\s)[#!~]")
_PROGRAMS = {"jest": "jest", "vitest": "vitest", "mocha": "mocha", "_mocha": "mocha"}
_NODES = {"node", "nodejs", "tsx"}
_MANAGERS = {"npm", "pnpm", "yarn", "npx"}
_LOCAL = "./node_modules/.bin/"


@dataclass(frozen=True, slots=True)
class Call:
    """How a framework is called: words and environment."""

    framework: str
    argv: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def call(words: Sequence[str]) -> Call | None:
    """The call of a framework that is known; None when it is another command."""
    environment, rest = _without_environment(list(words))
    rest = _without_starter(rest)
    if not rest:
        return None
    program = PurePosixPath(rest[0]).name
    if program in _PROGRAMS:
        argv = [_LOCAL + program, *rest[1:]]
        return Call(_PROGRAMS[program], _ending(_PROGRAMS[program], argv), environment)
    if program == "node" and (by_path := _by_path(rest)):
        return Call(by_path, rest, environment)
    if program in _NODES and "--test" in rest:
        start = _LOCAL + program if program == "tsx" else "node"
        return Call("node", [start, *rest[1:]], environment)
    return None


def call_of_script(script: str) -> Call | None:
    """The call of a script of package.json.

    What needs a shell stays with npm: the options of a framework go to the script's last command.
    """
    words = _split(script)
    simple = not _OF_SHELLS.search(script)
    found = call(words) if words and simple else None
    if found is not None and (found.framework == "mocha" or not _has_bare_glob(script)):
        return found
    if found is not None and found.framework == "node":
        return found  # node's globs are resolved by the platform
    last = call(_split(re.split(r"&&|;", script)[-1]))
    if last is None or last.framework == "node" or "|" in script:
        return None
    return Call(last.framework, ["npm", "test", "--"])


def is_of_node(words: Sequence[str]) -> bool:
    """Whether a command is one of JavaScript's world."""
    return call(words) is not None or PurePosixPath(words[0]).name in {*_MANAGERS, *_NODES}


def runs_test_script(words: Sequence[str]) -> bool:
    """Whether a command is `npm test` in one of its spellings."""
    return list(words) in [
        [manager, *rest]
        for manager in ("npm", "pnpm", "yarn")
        for rest in (["test"], ["run", "test"], ["t"])
    ]


def _ending(framework: str, argv: list[str]) -> list[str]:
    """Without watching for changes: vitest does that when nothing is said."""
    if framework != "vitest":
        return [word for word in argv if word not in {"--watch", "--watchAll"}]
    rest = [word for word in argv[1:] if word not in {"--watch", "-w", "watch", "dev", "--ui"}]
    return [argv[0], *(rest if rest[:1] == ["run"] else ["run", *rest])]


def _without_environment(words: list[str]) -> tuple[dict[str, str], list[str]]:
    if words[:1] in (["cross-env"], ["env"]):
        words = words[1:]
    environment = {}
    while words and _ASSIGNED.fullmatch(words[0]):
        name, _, value = words[0].partition("=")
        environment[name] = value
        words = words[1:]
    return environment, words


def _without_starter(words: list[str]) -> list[str]:
    if words[:1] == ["npx"]:
        rest = words[1:]
        while rest and rest[0] in {"--no-install", "--no", "--yes", "-y", "--"}:
            rest = rest[1:]
        return rest
    if words[:2] in (["pnpm", "exec"], ["yarn", "exec"], ["yarn", "run"]):
        return words[2:]
    if len(words) > 1 and words[0] in {"pnpm", "yarn"} and words[1] in _PROGRAMS:
        return words[1:]
    return words


def _by_path(words: Sequence[str]) -> str:
    """The framework whose program `node` is given: `node --option node_modules/jest/bin/jest.js`."""
    path = PurePosixPath(next((word for word in words[1:] if not word.startswith("-")), ""))
    return _PROGRAMS.get(path.stem, "") if "node_modules" in path.parts else ""


def _split(script: str) -> list[str]:
    try:
        return shlex.split(script)
    except ValueError:
        return []


def _has_bare_glob(script: str) -> bool:
    """Whether a shell would look for files: outside of quotes."""
    return any(letter in re.sub(r"'[^']*'|\"[^\"]*\"", "", script) for letter in "*?[")
