"""OpenCode as a runner, and what its descendants share with it: one JSON configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agents.runners.base import KeyUse, McpServer, Task
from agents.runners.cli import CliRunner, HomeFile, Room
from agents.runners.install import Install
from agents.runners.models import ModelChoice
from agents.runners.opencode_stream import OpenCodeStream

KEY = "SOULCASTER_MODEL_KEY"
NO_KEY = "none"
# Milliseconds without a first byte, and between two pieces of an answer.
HEADER_TIMEOUT = 60_000
CHUNK_TIMEOUT = 90_000
# Commands of the agent, a stranger's tests among them, have no use for the key.
_SHELL = HomeFile(f'#!/bin/sh\nunset {KEY}\nexec /bin/sh "$@"\n'.encode(), 0o755)
_HEADERS: Mapping[str, tuple[str, str]] = {
    "anthropic": ("x-api-key", ""),
    "google": ("x-goog-api-key", ""),
    "openai": ("authorization", "Bearer "),
}
_OWN_CLIENTS = {
    "anthropic": "@ai-sdk/anthropic",
    "openai": "@ai-sdk/openai",
    "google": "@ai-sdk/google",
}
_INSTALLED = {"packages": {"": {"dependencies": {"@opencode-ai/plugin": "*"}}}}
_PLANNER = "soulcaster-planner"
_COMPATIBLE = "@ai-sdk/openai-compatible"
# Of a model that the program has never heard of.
_LIMITS = {"context": 128_000, "output": 16_384}


class OpenCodeRunner(CliRunner):
    """OpenCode. Its whole configuration is one variable; the repository's own is not read."""

    name = "opencode"
    title = "OpenCode"
    install = Install("npm", "opencode-ai", "1.18.33", "opencode")
    prefix = "OPENCODE"

    def arguments(self, task: Task, room: Room) -> list[str]:
        """See CliRunner. With a title of its own it does not ask the model for one."""
        return [
            "run",
            "--auto",
            "--pure",
            # Else nobody hears of tries that failed before it gives up.
            "--print-logs",
            "--log-level",
            "INFO",
            "--format",
            "json",
            "--title",
            "soulcaster",
            "--model",
            f"{self.model.provider}/{self.model.name}",
            *(["--agent", _PLANNER] if task.plan_only else []),
            *(["--session", task.session_id] if task.session_id else []),
        ]

    def environment(self, task: Task, room: Room) -> dict[str, str]:
        """See CliRunner."""
        switches = {
            "CONFIG_CONTENT": json.dumps(self.config(task, room)),
            # What a repository says about itself is in the prompt, as a stranger's words.
            "DISABLE_PROJECT_CONFIG": "1",
            "DISABLE_CLAUDE_CODE": "1",
            "DISABLE_EXTERNAL_SKILLS": "1",
            "DISABLE_DEFAULT_PLUGINS": "1",
            "DISABLE_LSP_DOWNLOAD": "1",
            "DISABLE_MODELS_FETCH": "1",
            "DISABLE_AUTOUPDATE": "1",
            "DISABLE_SHARE": "1",
            "PURE": "1",
        }
        return {f"{self.prefix}_{name}": value for name, value in switches.items()}

    def files(self, task: Task, room: Room) -> Mapping[str, HomeFile]:
        """See CliRunner. It believes to have installed the library for plugins already."""
        return {
            "shell/sh": _SHELL,
            ".config/opencode/node_modules/.keep": HomeFile(b""),
            ".config/opencode/package-lock.json": HomeFile(json.dumps(_INSTALLED).encode()),
        }

    def key(self) -> KeyUse:
        """See CliRunner. A server that wants no key gets a word that says so."""
        header, prefix = _HEADERS[self.model.wire]
        return KeyUse(KEY, self.model.key or NO_KEY, header, prefix)

    def stream(self) -> OpenCodeStream:
        """See CliRunner."""
        return OpenCodeStream(self.model.name)

    def config(self, task: Task, room: Room) -> dict[str, Any]:
        """The configuration: one provider, one model, and nothing that talks to anybody else."""
        model = f"{self.model.provider}/{self.model.name}"
        return {
            "provider": {self.model.provider: _provider(self.model)},
            "enabled_providers": [self.model.provider],
            "model": model,
            "small_model": model,
            "share": "disabled",
            "autoupdate": False,
            "snapshot": False,
            # These would run programs of the repository with the key in their environment.
            "lsp": False,
            "formatter": False,
            "shell": f"{room.home}/shell/sh",
            # What a helper of the agent spends is not in the stream; the summary is left outside.
            "permission": {"task": "deny", "external_directory": "allow"},
            "agent": {_PLANNER: _planner()},
            "mcp": {each.name: _server(each) for each in task.mcp_servers},
        }


def _planner() -> dict[str, Any]:
    """An agent that may only look. Of our own: a repository can bring others by any name."""
    denied = dict.fromkeys(("edit", "bash", "task"), "deny")
    return {"mode": "primary", "description": "Plans and changes nothing", "permission": denied}


def _provider(model: ModelChoice) -> dict[str, Any]:
    options = {
        "baseURL": _address(model),
        "apiKey": f"{{env:{KEY}}}",
        "headerTimeout": HEADER_TIMEOUT,
        "chunkTimeout": CHUNK_TIMEOUT,
    }
    its_own = not model.base_url and model.provider in _OWN_CLIENTS
    about: dict[str, Any] = {"name": model.name, "tool_call": True}
    if not its_own:
        about |= {"limit": _LIMITS, "cost": {"input": 0, "output": 0}}
    return {
        "npm": _client(model),
        "name": model.provider,
        "options": options,
        "models": {model.name: about},
    }


def _client(model: ModelChoice) -> str:
    """The library that speaks the model's protocol; gateways for OpenAI models speak the old one."""
    if model.provider == "openai" and model.base_url:
        return _COMPATIBLE
    return _OWN_CLIENTS.get(model.provider, _COMPATIBLE)


def _address(model: ModelChoice) -> str:
    versions = {"anthropic": "/v1", "google": "/v1beta"}
    suffix = versions.get(model.wire, "")
    return model.address if model.address.endswith(suffix) else model.address + suffix


def _server(server: McpServer) -> dict[str, Any]:
    if server.url:
        return {"type": "remote", "url": server.url, "enabled": True}
    command = ["env", "-u", KEY, *server.command]
    environment = dict(server.environment)
    return {"type": "local", "command": command, "environment": environment, "enabled": True}
