"""Sandbox providers by name: ours, and those that other packages bring as entry points."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from agents.sandboxes.base import SandboxError, SandboxProvider

Factory = Callable[..., SandboxProvider]

GROUP = "soulcaster.sandboxes"

# Named, not imported: a provider may need a package that is not installed.
_OWN = {"local": "agents.sandboxes.local:LocalProvider"}


def names() -> list[str]:
    """Every provider that can be asked for."""
    return sorted({*_OWN, *_third_party()})


def factory(name: str) -> Factory:
    """What makes the provider of this name; raises SandboxError if there is none.

    Our own names cannot be taken over by another package.
    """
    if name in _OWN:
        module, _, attribute = _OWN[name].partition(":")
        found: Factory = getattr(import_module(module), attribute)
        return found
    if entry := _third_party().get(name):
        loaded: Factory = entry.load()
        return loaded
    raise SandboxError(f"There is no sandbox {name!r}; there are {', '.join(names())}.")


def _third_party() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}
