"""Processes that are still there, whoever started them."""

from __future__ import annotations

from pathlib import Path

from agents.sandboxes.supervisor.identity import all_pids


def processes(word: str) -> list[str]:
    """The processes that carry this word in their arguments, environment or folder."""
    return [found for pid in all_pids() if (found := _carries(pid, word))]


def _carries(pid: int, word: str) -> str:
    folder = Path(f"/proc/{pid}")
    try:
        arguments = (folder / "cmdline").read_bytes()
        environment = (folder / "environ").read_bytes()
        place = str((folder / "cwd").readlink())
    except OSError:
        return ""  # it has ended meanwhile
    if word.encode() in arguments + environment or word in place:
        return f"{pid} {arguments.replace(bytes(1), b' ')[:120]!r} in {place}"
    return ""
