"""Codex as a runner: its headless command, its options, its conversations.

Everything is an option of the command line, because a file of settings in its home could be
changed by the agent's own commands. The project's `.codex` folder is switched off by the lack of
trust, its AGENTS.md by a limit of 0 bytes: the prompt quotes what it says.

Codex tells usage once at the end of a round, and then that of the whole conversation: see
`agents.runners.codex_conversation`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from agents.runners.base import (
    AgentEvent,
    KeyUse,
    Launch,
    McpServer,
    Message,
    Task,
    ToolCall,
    Verdict,
)
from agents.runners.cli import CliRunner, HomeFile, Room
from agents.runners.codex_conversation import Conversation
from agents.runners.codex_stream import CodexStream
from agents.runners.install import Install
from agents.runners.tokens import Tokens
from agents.sandboxes.base import Exited, Sandbox

_KEY = "OPENAI_API_KEY"
_PROVIDER = "soulcaster"  # a provider of our own: the built-in one tries web sockets first
_RETRIES = 2
_IDLE = 120_000  # ms between two pieces of an answer
_SILENT = "The model provider did not answer in time."
_HOOKS: Mapping[str, tuple[str, str]] = {
    "before_tool": ("PreToolUse", "*"),
    "after_edit": ("PostToolUse", "apply_patch|Edit|Write"),
    "at_end": ("Stop", "*"),
}
# What reaches for hosts of its own, waits without end, or hides tokens from the count.
_OFF = ("plugins", "apps", "unbounded_connection_retries")


class CodexRunner(CliRunner):
    """OpenAI's command line agent. The model's server has to speak OpenAI Responses."""

    name = "codex"
    title = "Codex"
    install = Install("npm", "@openai/codex", "0.169.0", "codex")
    _told = Tokens()

    def command(self, task: Task, sandbox: Sandbox) -> Launch:
        """See CommandRunner."""
        before = Conversation.read(task.session_id)
        self._told = before.told if before else Tokens()
        return super().command(task, sandbox)

    def judge(self, events: Sequence[AgentEvent], exited: Exited) -> Verdict:
        """See CommandRunner."""
        verdict = super().judge(events, exited)
        if exited.reason == "timeout" and not _was_answered(events):
            # It waits for the first byte of an answer without any limit.
            verdict = replace(verdict, reason=_SILENT, outcome="model_unavailable")
        found = Conversation.read(verdict.session_id)
        if found is None:
            return replace(verdict, session_id="")
        return replace(verdict, session_id=str(replace(found, told=self._told).after(events)))

    def arguments(self, task: Task, room: Room) -> list[str]:
        """See CliRunner."""
        options = [f"--config={name}={_toml(value)}" for name, value in self._settings(task, room)]
        conversation = Conversation.read(task.session_id)
        return [
            "exec",
            "--json",
            "--color=never",
            # Its own sandbox is not needed inside of ours, and does not work there.
            "--dangerously-bypass-approvals-and-sandbox",
            "--ignore-user-config",
            "--ignore-rules",
            *(["--dangerously-bypass-hook-trust"] if task.hooks else []),
            *(f"--disable={feature}" for feature in _OFF),
            f"--model={self.model.name}",
            *options,
            *(["resume", conversation.thread] if conversation else []),
            "-",
        ]

    def environment(self, task: Task, room: Room) -> dict[str, str]:
        """See CliRunner."""
        return {"CODEX_HOME": f"{room.home}/codex"}

    def files(self, task: Task, room: Room) -> Mapping[str, HomeFile]:
        """See CliRunner. It wants its home to be there."""
        return {"codex/config.toml": HomeFile(b"")}

    def key(self) -> KeyUse | None:
        """See CliRunner."""
        if not self.model.key:
            return None
        return KeyUse(_KEY, self.model.key, "authorization", "Bearer ")

    def words(self, task: Task) -> str:
        """See CliRunner. A conversation that cannot be resumed has to be told everything."""
        known = Conversation.read(task.session_id) is not None
        return super().words(task if known else replace(task, session_id=""))

    def stream(self) -> CodexStream:
        """See CliRunner."""
        stream = CodexStream(self.model.name)
        stream.told = self._told
        return stream

    def _settings(self, task: Task, room: Room) -> list[tuple[str, object]]:
        return [
            ("model_provider", _PROVIDER),
            ("model_providers", {_PROVIDER: self._provider()}),
            ("projects", {room.repository: {"trust_level": "untrusted"}}),
            ("project_doc_max_bytes", 0),
            ("skills", {"include_instructions": False, "bundled": {"enabled": False}}),
            ("mcp_servers", {each.name: _server(each) for each in task.mcp_servers}),
            ("hooks", _hooks(task)),
            # Its commands, a stranger's tests among them, have no use for the key.
            ("shell_environment_policy", {"inherit": "all", "exclude": [_KEY]}),
            # A login shell would set another PATH.
            ("allow_login_shell", False),
            # What other agents inside of it use is not in its count.
            ("agents", {"enabled": False}),
            ("web_search", "disabled"),
            ("analytics", {"enabled": False}),
            ("feedback", {"enabled": False}),
            ("check_for_update_on_startup", False),
        ]

    def _provider(self) -> dict[str, object]:
        key = {"env_key": _KEY} if self.model.key else {}
        return {
            "name": self.model.provider or _PROVIDER,
            "base_url": self.model.address,
            **key,
            "wire_api": "responses",
            "request_max_retries": _RETRIES,
            "stream_max_retries": _RETRIES,
            "stream_idle_timeout_ms": _IDLE,
        }


def _was_answered(events: Sequence[AgentEvent]) -> bool:
    return any(isinstance(event, Message | ToolCall) for event in events)


def _server(server: McpServer) -> dict[str, object]:
    if server.url:
        return {"url": server.url}
    command, *arguments = server.command or ("",)
    return {"command": command, "args": arguments, "env": dict(server.environment)}


def _hooks(task: Task) -> dict[str, list[object]]:
    hooks: dict[str, list[object]] = {}
    for hook in task.hooks:
        if hook.event in _HOOKS:
            name, matcher = _HOOKS[hook.event]
            command = {"type": "command", "command": f"unset {_KEY}; {hook.command}"}
            hooks.setdefault(name, []).append({"matcher": matcher, "hooks": [command]})
    return hooks


def _toml(value: object) -> str:
    """A value as TOML on one line."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_toml(str(k))}={_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return f"[{','.join(_toml(each) for each in value)}]"
    # Strings of JSON are strings of TOML, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
