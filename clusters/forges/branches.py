"""Names of branches: what git allows, minus what has been used to trick people and programs."""

from __future__ import annotations

import re
import unicodedata

from clusters.forges.git import GitError

MAX_NAME = 200
_FORBIDDEN = re.compile(r"\.\.|@\{|//|[ ~^:?*\[\\]|/\.|\.lock(/|$)")
# Control, format (text direction) and half characters, line and paragraph separators.
_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def check_branch(name: str) -> str:
    """The name, or GitError when it cannot be the name of a branch."""
    if _is_fine(name):
        return name
    raise GitError(f"“{shown(name)}” cannot be the name of a branch.")


def shown(name: str) -> str:
    """The beginning of a stranger's name, fit for a message."""
    return "".join(letter if letter.isprintable() else "?" for letter in name[:80])


def _is_fine(name: str) -> bool:
    return (
        0 < len(name.encode(errors="replace")) <= MAX_NAME
        and name not in {"@", "HEAD"}
        and not name.startswith(("-", "/", "."))
        and not name.endswith(("/", "."))
        and not _FORBIDDEN.search(name)
        and not any(unicodedata.category(letter) in _INVISIBLE for letter in name)
    )
