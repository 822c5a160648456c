"""Kilocode as a runner: a descendant of OpenCode with habits of its own."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from agents.runners.base import Launch, Task
from agents.runners.cli import HomeFile, Room
from agents.runners.install import Install
from agents.runners.json_lines import inner
from agents.runners.models import ModelChoice
from agents.runners.opencode import OpenCodeRunner
from agents.sandboxes.base import Sandbox, SandboxError

# Nobody listens there: what asks its maker's service is refused at once.
_NOBODY = "http://127.0.0.1:9"
_NATIVE = ".kilo"
_RETRIES = 2
# It starts the servers that a repository names here, whatever it is told about projects' settings.
_PLANTED = (".kilocode/mcp.json", ".kilo/mcp.json")
_MAX_PLANTED = 1 << 20  # bytes
_OFF = {"type": "local", "command": ["false"], "enabled": False}


class KiloRunner(OpenCodeRunner):
    """Kilocode. Rules for it that a repository holds are read by it, as text."""

    name = "kilo"
    title = "Kilocode"
    # Without its launcher, which would make it the second process: where only Landlock isolates,
    # the first alone can read about itself, and this one ends when it cannot.
    install = Install(
        "npm", "@kilocode/cli", "7.7.7", "kilo", inside=f"node_modules/@kilocode/cli/bin/{_NATIVE}"
    )
    prefix = "KILO"

    def __init__(self, program: Path, model: ModelChoice) -> None:
        super().__init__(program, model)
        self._planted: Collection[str] = ()

    def command(self, task: Task, sandbox: Sandbox) -> Launch:
        """See CommandRunner."""
        self._planted = {name for path in _PLANTED for name in _servers(sandbox, path)}
        if taken := self._planted.intersection(each.name for each in task.mcp_servers):
            raise SandboxError(
                f"The repository has settings for Kilocode with a server {sorted(taken)[0][:100]!r}, "
                "and so has the project: give the project's server another name."
            )
        return super().command(task, sandbox)

    def environment(self, task: Task, room: Room) -> dict[str, str]:
        """See CliRunner."""
        # What its launcher would say.
        beside = {"KILO_TREE_SITTER_WASM_DIR": f"{self.program.parent}/tree-sitter"}
        return {
            **super().environment(task, room),
            **(beside if self.program.name == _NATIVE else {}),
            "KILO_TELEMETRY_LEVEL": "off",
            "KILO_API_URL": _NOBODY,
            "KILO_DISABLE_SESSION_INGEST": "1",
            "KILO_NO_DAEMON": "1",
            "KILO_SESSION_RETRY_LIMIT": str(_RETRIES),
        }

    def files(self, task: Task, room: Room) -> Mapping[str, HomeFile]:
        """See CliRunner."""
        return {"shell/sh": super().files(task, room)["shell/sh"]}

    def config(self, task: Task, room: Room) -> dict[str, Any]:
        """See OpenCodeRunner. Servers of the repository are switched off by their names."""
        config = super().config(task, room)
        off = dict.fromkeys(self._planted, _OFF)
        return {**config, "mcp": {**off, **config["mcp"]}}


def _servers(sandbox: Sandbox, path: str) -> list[str]:
    """Names of the servers in a file of the repository, read as the program reads it."""
    told = sandbox.run(["head", "-c", str(_MAX_PLANTED), "--", f"{sandbox.repository}/{path}"])
    if not told.ok:
        return []
    try:
        # Not every number that JavaScript reads is one that Python reads.
        value = json.loads(told.text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise SandboxError(
            f"The repository's {path} cannot be read, so its servers cannot be switched off. "
            "Repair or remove it, or choose another runner."
        ) from error
    return list(inner(value, "mcpServers"))
