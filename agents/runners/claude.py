"""Claude Code as a runner: its headless command, its environment, its settings."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agents.runners.base import KeyUse, McpServer, Task
from agents.runners.claude_stream import ClaudeStream
from agents.runners.cli import CliRunner, HomeFile, Room
from agents.runners.install import Install
from agents.runners.models import ModelChoice

_KEY = "ANTHROPIC_API_KEY"
# Commands of the agent, a stranger's tests among them, have no use for the key.
_WITHOUT_KEY = HomeFile(f'#!/bin/sh\nunset {_KEY}\nexec sh -c "$1"\n'.encode(), 0o755)
_SECONDS_WITHOUT_ANSWER = 60
_SESSIONS = uuid.UUID("6f0d2a86-43f5-4c3a-9d55-6f4e4f1f0f0d")
_HOOKS: Mapping[str, tuple[str, str]] = {
    "before_tool": ("PreToolUse", "*"),
    "after_edit": ("PostToolUse", "Edit|MultiEdit|Write|NotebookEdit"),
    "at_end": ("Stop", ""),
}


class ClaudeRunner(CliRunner):
    """Anthropic's command line agent. The model's address is one without "/v1"."""

    name = "claude"
    title = "Claude Code"
    install = Install("npm", "@anthropic-ai/claude-code", "2.1.197", "claude")

    def __init__(self, program: Path, model: ModelChoice, *, retries: int = 2) -> None:
        super().__init__(program, model)
        self._retries = retries

    def arguments(self, task: Task, room: Room) -> list[str]:
        """See CliRunner."""
        return [
            "--print",
            "--output-format",
            "stream-json",
            "--verbose",
            *_permissions(task),
            # A repository's own settings and servers could run commands on the agent's behalf.
            "--setting-sources",
            "user",
            "--settings",
            f"{room.home}/settings.json",
            "--strict-mcp-config",
            "--mcp-config",
            f"{room.home}/mcp.json",
            *_session(task, room),
            *(["--model", self.model.name] if self.model.name else []),
        ]

    def environment(self, task: Task, room: Room) -> dict[str, str]:
        """See CliRunner."""
        environment = {
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "CLAUDE_CODE_MAX_RETRIES": str(self._retries),
            "API_TIMEOUT_MS": str(_SECONDS_WITHOUT_ANSWER * 1000),
            "CLAUDE_CODE_SHELL_PREFIX": f"{room.home}/without-key",
            # As root the program else refuses to work without asking for every permission.
            "IS_SANDBOX": "1",
        }
        if self.model.base_url:
            environment["ANTHROPIC_BASE_URL"] = self.model.address
            # A gateway need not have the small model that side questions go to.
            environment["ANTHROPIC_DEFAULT_HAIKU_MODEL"] = self.model.name
        return environment

    def files(self, task: Task, room: Room) -> Mapping[str, HomeFile]:
        """See CliRunner."""
        servers = {each.name: _server(each) for each in task.mcp_servers}
        return {
            "without-key": _WITHOUT_KEY,
            "settings.json": _json({"hooks": _hooks(task)}),
            "mcp.json": _json({"mcpServers": servers}),
        }

    def key(self) -> KeyUse:
        """See CliRunner."""
        return KeyUse(_KEY, self.model.key, "x-api-key")

    def stream(self) -> ClaudeStream:
        """See CliRunner."""
        return ClaudeStream()


def _permissions(task: Task) -> list[str]:
    if task.plan_only:
        return ["--permission-mode", "plan"]
    return ["--dangerously-skip-permissions"]


def _session(task: Task, room: Room) -> list[str]:
    if task.session_id:
        return ["--resume", task.session_id]
    return ["--session-id", str(uuid.uuid5(_SESSIONS, f"{room.sandbox} {task.round}"))]


def _hooks(task: Task) -> dict[str, list[dict[str, Any]]]:
    """The project's hooks as the program wants them: lists of commands by its own event names."""
    hooks: dict[str, list[dict[str, Any]]] = {}
    for hook in task.hooks:
        if hook.event in _HOOKS:
            name, matcher = _HOOKS[hook.event]
            commands = [{"type": "command", "command": hook.command}]
            hooks.setdefault(name, []).append({"matcher": matcher, "hooks": commands})
    return hooks


def _server(server: McpServer) -> dict[str, Any]:
    if server.url:
        return {"type": "http", "url": server.url}
    command, *arguments = server.command or ("",)
    return {"command": command, "args": arguments, "env": dict(server.environment)}


def _json(value: object) -> HomeFile:
    return HomeFile(json.dumps(value, indent=1).encode())
