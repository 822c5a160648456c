"""`.soulcaster.toml`: what a repository says about its own setup and tests.

It counts as it stands on the base branch, read by the worker: what a pull request or an agent
writes into it changes nothing before it is merged. It can add to what is protected; the network,
the guard and everything else that limits a job are the project's settings alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from agents.pipelines.context import Settings
from agents.pipelines.detecting import folders

NAME = ".soulcaster.toml"
MAX_BYTES = 64 << 10
_MAX_ENTRIES = 100
_SHOWN = 20
_Command = Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00\n\r]*$")]
_Lines = Annotated[list[_Command], Field(max_length=_MAX_ENTRIES)]


@dataclass(frozen=True, slots=True)
class FileSettings:
    """What the file says for the folder that is worked in; empty where it says nothing."""

    folder: str = ""
    setup_command: str = ""
    test_command: str = ""
    lint_command: str = ""
    before: Sequence[str] = field(default_factory=list)
    after: Sequence[str] = field(default_factory=list)
    protected: Sequence[str] = field(default_factory=list)


class _Section(BaseModel):
    """What can be said for the whole repository, or for one folder of it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    setup: _Command = ""
    test: _Command = ""
    lint: _Command = ""
    protected: _Lines = []
    before: _Lines = []
    after: _Lines = []


class _File(_Section):
    folder: _Command = ""
    folders: Annotated[dict[str, _Section], Field(max_length=_MAX_ENTRIES)] = {}


def read(data: bytes | None, paths: Sequence[str], chosen: str) -> tuple[FileSettings, list[str]]:
    """The settings of a file, and sentences for the log: what does not count, and which folder.

    `paths` are the files of the commit; `chosen` is the folder that the project's settings name,
    or ''. Without a file, or with one that cannot be read, a folder is looked for all the same.
    """
    file, sentences = _parsed(data)
    folder, said = _folder(file, paths, chosen)
    section = file.folders.get(folder, _Section())
    settings = FileSettings(
        folder=folder,
        setup_command=section.setup or file.setup,
        test_command=section.test or file.test,
        lint_command=section.lint or file.lint,
        before=section.before or file.before,
        after=section.after or file.after,
        protected=[line for each in (file, *file.folders.values()) for line in each.protected],
    )
    return settings, _shortened([*sentences, *said])


def effective(settings: Settings, file: FileSettings) -> Settings:
    """The project's settings, with the file's where they say nothing; protected paths add up."""
    return replace(
        settings,
        # Already the one that the project's settings name, if they do.
        folder=file.folder or settings.folder,
        setup_command=settings.setup_command or file.setup_command,
        test_command=settings.test_command or file.test_command,
        lint_command=settings.lint_command or file.lint_command,
        before=settings.before or file.before,
        after=settings.after or file.after,
        protected=list(dict.fromkeys([*settings.protected, *file.protected])),
    )


def _parsed(data: bytes | None) -> tuple[_File, list[str]]:
    if data is None:
        return _File(), []
    if len(data) > MAX_BYTES:
        return _File(), [f"{NAME} is larger than {MAX_BYTES >> 10} KiB, so it is left out."]
    try:
        tables = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        return _File(), [f"{NAME} cannot be read, so it is left out: {error}."]
    return _validated(tables)


def _validated(tables: dict[str, Any]) -> tuple[_File, list[str]]:
    """What can be used of the tables, and sentences about the rest."""
    sentences: list[str] = []
    # Each turn takes at least one wrong entry out, so there are never more turns than entries.
    while True:
        try:
            return _File.model_validate(tables), sentences
        except ValidationError as error:
            for problem in error.errors(include_url=False, include_input=False):
                where = problem["loc"]
                if _take_out(tables, where):
                    sentences.append(_sentence(where, problem["type"], problem["msg"]))


def _take_out(tables: dict[str, Any], where: Sequence[int | str]) -> bool:
    """Remove the entry that a problem is about: of a list the whole list."""
    inner: Any = tables
    keys = list(where)
    for at, key in enumerate(keys):
        if not isinstance(inner, dict) or key not in inner:
            return False
        if at == len(keys) - 1 or not isinstance(inner[key], dict):
            del inner[key]
            return True
        inner = inner[key]
    return False


def _sentence(where: Sequence[int | str], kind: str, said: str) -> str:
    name = ".".join(str(part)[:100] for part in where)
    if kind == "extra_forbidden":
        return f"{NAME}: “{name}” is not known there and is left out."
    return f"{NAME}: “{name}” is left out: {said[:1].lower()}{said[1:]}."


def _folder(file: _File, paths: Sequence[str], chosen: str) -> tuple[str, list[str]]:
    """The folder to work in when the project's settings name none, and what to say about it."""
    if chosen:
        return chosen, []
    if not file.folder:
        folder, said = folders.find(paths)
        return folder, [said] if said else []
    try:
        folder = folders.usable(file.folder)
    except ValueError as error:
        return "", [f"{NAME}: {error}"]
    if not folders.exists(folder, paths):
        return "", [f"{NAME}: there is no folder {folder}, so the work is done at the root."]
    return folder, []


def _shortened(sentences: list[str]) -> list[str]:
    more = len(sentences) - _SHOWN
    return [*sentences[:_SHOWN], *([f"{NAME}: {more} more problems."] if more > 0 else [])]
