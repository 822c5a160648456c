"""pytest for sandboxes that may not install anything: the worker's own copy, as an archive."""

from __future__ import annotations

import functools
from pathlib import PurePosixPath

from agents.pipelines import archives
from agents.sandboxes.base import Sandbox

_NEEDED = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")
# What pytest needs on older Pythons; the worker's Python may be too new to have them.
_WHEN_THERE = ("exceptiongroup", "tomli", "typing_extensions")
# Of some hundred languages, pytest colours these.
_LEXERS = {"__init__.py", "_mapping.py", "diff.py", "python.py"}


def folder_in(sandbox: Sandbox) -> str:
    """Where pytest lies in the sandbox, for PYTHONPATH; it is as we made it, whatever ran there."""
    return sandbox.provide(build())


@functools.cache
def build() -> bytes:
    """A .tar.gz of pytest and what it needs, from the packages that this worker runs with."""
    return archives.pack([*_NEEDED, *archives.installed(_WHEN_THERE)], _belongs)


def _belongs(path: PurePosixPath) -> bool:
    if path.parts[:2] == ("pygments", "lexers"):
        return path.name in _LEXERS
    return True
