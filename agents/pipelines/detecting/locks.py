"""The versions of uv.lock and poetry.lock, for pip where the one who locked them is not there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")
_VERSION = re.compile(r"[0-9A-Za-z.!+_-]{1,60}")


def pinned(lock: Mapping[str, Any]) -> list[str]:
    """Constraints of pip: every package that the lock knows in one version only.

    One with several versions depends on the system or the Python: pip chooses there.
    """
    versions: dict[str, set[str]] = {}
    packages = lock.get("package")
    for package in packages if isinstance(packages, list) else []:
        name, version = (
            (package.get("name"), package.get("version")) if _is_table(package) else ("", "")
        )
        if _fits(_NAME, name) and _fits(_VERSION, version) and not _is_local(package):
            versions.setdefault(name, set()).add(version)
    return sorted(f"{name}=={min(found)}" for name, found in versions.items() if len(found) == 1)


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def _fits(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_local(package: Mapping[str, Any]) -> bool:
    """Whether it is a folder, a repository or a file: pip cannot be held to its version."""
    source = package.get("source")
    if not isinstance(source, dict):
        return False
    local = {"editable", "virtual", "directory", "path", "git", "url"}
    return bool(local & source.keys()) or source.get("type") in {"git", "directory", "file", "url"}
