"""When two names are the same person's."""

from __future__ import annotations

import re

_MACHINE = re.compile(r"\[bot\]$|(?:^|[-_ ])bot$|^@?ghost$", re.IGNORECASE)
_MARK = re.compile(r"^(?:@|/?u/)")


def identity(name: str) -> str:
    """What stays of a name without the marks that sources put around it."""
    return " ".join(_MARK.sub("", name.strip()).casefold().split())


def is_machine(name: str) -> bool:
    """Whether a program reports under this name, or all deleted accounts together."""
    return bool(_MACHINE.search(name.strip()))
