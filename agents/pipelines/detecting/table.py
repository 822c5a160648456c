"""The ecosystems that are known, and which of them a folder belongs to.

A new one is a module with `detect`, and a line in `DETECTORS`.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath

from agents.pipelines.detecting import go, javascript, python, rust, scripts
from agents.pipelines.detecting.base import Files, Project

DETECTORS: list[Callable[[Files], Project | None]] = [
    python.detect,
    javascript.detect,
    go.detect,
    rust.detect,
]
_OF_PROGRAMS = {
    "go": {"go"},
    "cargo": {"rust"},
    "pytest": {"python"},
    "py.test": {"python"},
    "tox": {"python"},
    "uv": {"python"},
}
_NODE = {"javascript", "typescript"}


def detect(files: Files, test_command: str = "") -> Project:
    """The project of a folder; `test_command` replaces the one that was found.

    Where there are several kinds, the command decides, then which of them has tests. `kind` is
    "unknown" when nobody knows the files. Raises ValueError for a command with an unclosed quote.
    """
    found = [project for each in DETECTORS if (project := each(files)) is not None]
    words = shlex.split(test_command)
    if not words:
        return _first(found, files)
    named = next((project for project in found if project.kind in _kinds(words)), None)
    return _with_command(named or _first(found, files), words)


def _first(found: list[Project], files: Files) -> Project:
    if not found:
        return Project("unknown", folder=files.folder)
    chosen = next((project for project in found if project.has_tests), found[0])
    others = [project.kind for project in found if project is not chosen and project.has_tests]
    if not others:
        return chosen
    note = (
        f"There are tests of {' and '.join(others)}, too, which are not run: "
        "a test command in the project's settings can choose them."
    )
    return replace(chosen, notes=[*chosen.notes, note])


def _kinds(words: list[str]) -> set[str]:
    program = PurePosixPath(words[0]).name
    if program.startswith("python"):
        return {"python"}
    if scripts.is_of_node(words):
        return _NODE
    return _OF_PROGRAMS.get(program, set())


def _with_command(project: Project, words: list[str]) -> Project:
    if scripts.runs_test_script(words) and project.kind in _NODE:
        return project  # what that script does is what was found
    call = scripts.call(words)
    if call is not None:
        return replace(
            project,
            command=call.argv,
            environment={**project.environment, **call.environment},
            framework=call.framework,
            has_tests=True,
        )
    framework = "pytest" if is_pytest(words) else "go" if words[:2] == ["go", "test"] else ""
    return replace(project, command=words, framework=framework, has_tests=True)


def is_pytest(command: list[str]) -> bool:
    """Whether a command calls pytest, so that pytest's options can be added to it."""
    names = [PurePosixPath(word).name for word in command]
    by_module = list(command[1:3]) == ["-m", "pytest"] and names[0].startswith("python")
    return names[:1] in (["pytest"], ["py.test"]) or by_module
