"""What the settings of a project may say, each with a sentence for who said something else."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping

from clusters.forges.branches import check_branch
from clusters.forges.git import GitError
from credentials.errors import Invalid

_DAY = 86_400  # seconds


def check(changes: Mapping[str, object]) -> None:
    """Raises Invalid with the fields that cannot be used."""
    found = ((name, rule(changes[name])) for name, rule in _RULES.items() if name in changes)
    if fields := {name: [text] for name, text in found if text}:
        raise Invalid("invalid", "Some settings cannot be used.", fields=fields)


def _between(least: int, most: int) -> Callable[[object], str]:
    def rule(value: object) -> str:
        fits = isinstance(value, int) and least <= value <= most
        return "" if fits else f"A number from {least:,} to {most:,}."

    return rule


def _branch(value: object) -> str:
    return "" if not value or _can_be_branch(str(value)) else "No branch can have this name."


def _prefix(value: object) -> str:
    fits = _can_be_branch(f"{value}1-1")  # as the branch of a job is called
    return "" if fits else "No branch can begin with this: for example soulcaster/ is fine."


def _can_be_branch(name: str) -> bool:
    try:
        check_branch(name)
    except GitError:
        return False
    return True


def _command(value: object) -> str:
    try:
        shlex.split(str(value))
    except ValueError:
        return "This cannot be read as a command line: a quote or a backslash has no partner."
    return ""


_RULES: Mapping[str, Callable[[object], str]] = {
    "base_branch": _branch,
    "branch_prefix": _prefix,
    "rounds": _between(1, 10),
    "time_limit_seconds": _between(1, _DAY),
    "test_limit_seconds": _between(1, _DAY),
    "setup_command": _command,
    "test_command": _command,
}
