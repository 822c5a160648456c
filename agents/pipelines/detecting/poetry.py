"""The dependencies that Poetry's own tables declare, as requirements for pip."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from agents.pipelines.detecting.base import table, texts

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_EXTRA = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SHORT = re.compile(r"([~^])\s*(\d+(?:\.\d+)*)(.*)")
_PLAIN = re.compile(r"\d+(\.\d+)*([abc.+-]?\w+)*")
_COMPARED = re.compile(r"(==|!=|>=|<=|>|<|~=|===)\s*[\w.*+!-]+")


def packages(pyproject: Mapping[str, Any], *, installable: bool) -> list[str]:
    """Requirements of the groups that are not optional.

    The main ones come with the project itself where pip installs that. What lies in a folder or
    a repository of its own is left out.
    """
    tables = list(_groups(table(pyproject, "tool", "poetry")))
    if not installable:
        tables.insert(0, table(pyproject, "tool", "poetry", "dependencies"))
    found = (requirement(name, value) for each in tables for name, value in each.items())
    return [line for line in found if line]


def _groups(poetry: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield table(poetry, "dev-dependencies")
    for name in table(poetry, "group"):
        group = table(poetry, "group", name)
        if group.get("optional") is not True:
            yield table(group, "dependencies")


def requirement(name: str, value: object) -> str:
    """A dependency in the words of pip; '' for what pip cannot be told in one line."""
    if name == "python" or not _NAME.fullmatch(name):
        return ""
    if isinstance(value, str):
        wanted = _versions(value)
        return "" if wanted is None else f"{name}{wanted}"
    if not isinstance(value, dict) or not isinstance(value.get("version"), str):
        return ""
    extras = [extra for extra in texts(value.get("extras")) if _EXTRA.fullmatch(extra)]
    wanted = _versions(value["version"])
    with_extras = f"{name}[{','.join(extras)}]" if extras else name
    return "" if wanted is None else f"{with_extras}{wanted}"


def _versions(text: str) -> str | None:
    """Poetry's versions as pip's; None for those that only Poetry understands."""
    parts = [_version(part.strip()) for part in text.split(",")]
    if any(part is None for part in parts):
        return None
    return ",".join(part for part in parts if part)


def _version(text: str) -> str | None:
    if text in {"", "*"}:
        return ""
    if short := _SHORT.fullmatch(text):
        return _range(short[1], short[2]) if not short[3] else None
    if _PLAIN.fullmatch(text):
        return f"=={text}"
    return text.replace(" ", "") if _COMPARED.fullmatch(text) else None


def _range(sign: str, version: str) -> str:
    numbers = [int(number) for number in version.split(".")]
    if sign == "~":
        kept = 1 if len(numbers) == 1 else 2
    else:
        # The leftmost number that is not zero stays.
        kept = next((at + 1 for at, number in enumerate(numbers) if number), len(numbers))
    upper = [*numbers[: kept - 1], numbers[kept - 1] + 1]
    return f">={version},<{'.'.join(map(str, upper))}"
