"""What tox.ini says about tests: its dependencies, and how it calls pytest.

tox itself is never used: it makes environments of its own in the checkout, and asks for the
network while the tests run.
"""

from __future__ import annotations

import configparser
import re
import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath

from agents.pipelines.detecting.base import Files

# "py39,py310: package" and "py{39,310}: package" are for some environments only.
_FOR_SOME = re.compile(r"!?[\w{},.!-]+\s*:\s+\S.*")
_POSITIONAL = re.compile(r"\{posargs(?::([^{}]*))?\}")
_HERE = re.compile(r"\{tox_?ini_?dir\}[/\\]?|\{tox_root\}[/\\]?")


def packages(files: Files) -> list[str]:
    """Requirements of the default environment."""
    return [line for line in _deps(files) if not line.startswith("-")]


def requirement_files(files: Files) -> list[str]:
    """Files of requirements that it names, as far as they are there."""
    named = [
        line[2:].removeprefix("equirement").strip(" =") for line in _deps(files) if line[:2] == "-r"
    ]
    paths = [str(PurePosixPath(path)) for path in named]
    return [path for path in paths if path in files.known]


def command(files: Files) -> list[str]:
    """How pytest is called; empty when it is not, or when the words cannot be taken over."""
    for line in _lines(files, "commands"):
        words = _words(line)
        if words[:1] in (["pytest"], ["py.test"]):
            return ["python3", "-m", "pytest", *words[1:]]
        if words[1:3] == ["-m", "pytest"] and words[0].startswith("python"):
            return ["python3", *words[1:]]
    return []


def _words(line: str) -> list[str]:
    text = _POSITIONAL.sub(lambda found: found[1] or "", line.lstrip("- "))
    text = _HERE.sub("", text.replace("{envpython}", "python3"))
    if "{" in text or "$" in text:
        return []
    try:
        return shlex.split(text)
    except ValueError:
        return []


def _deps(files: Files) -> Iterator[str]:
    for line in _lines(files, "deps"):
        text = _HERE.sub("", line)
        if "{" not in text and not _FOR_SOME.fullmatch(text):
            yield text


def _lines(files: Files, option: str) -> list[str]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(files.text("tox.ini"))
        value = parser.get("testenv", option, fallback="")
    except configparser.Error:
        return []
    joined = value.replace("\\\n", " ")
    lines = [re.sub(r"(^|\s)#.*", "", line).strip() for line in joined.splitlines()]
    return [line for line in lines if line]
