"""Claude Code as a runner: its headless command, its stream of JSON lines, its success rule."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from agents.runners.base import (
    AgentError,
    AgentEvent,
    Finished,
    KeyUse,
    Launch,
    Message,
    SessionStarted,
    Task,
    Verdict,
)
from agents.runners.claude_stream import KEY_REFUSED, Stream
from agents.runners.models import ModelChoice
from agents.sandboxes.base import Exited, Sandbox, SandboxError

# The whole script: $0 is the prompt's file, the rest is the command. Nothing is ever put into it.
_WITH_PROMPT = 'exec "$@" < "$0"'
# Commands of the agent, a stranger's tests among them, have no use for the key.
_WITHOUT_KEY = b'#!/bin/sh\nunset ANTHROPIC_API_KEY\nexec sh -c "$1"\n'
_SESSIONS = uuid.UUID("6f0d2a86-43f5-4c3a-9d55-6f4e4f1f0f0d")


class ClaudeRunner:
    """Anthropic's command line agent.

    `program` is its path in the sandbox. The model's address is one without "/v1".
    """

    name = "claude"
    title = "Claude Code"

    def __init__(self, program: Path, model: ModelChoice, *, retries: int = 2) -> None:
        self._program = program
        self._model = model
        self._retries = retries
        self._stream = Stream()

    def prepare(self, sandbox: Sandbox) -> None:
        """See CommandRunner."""
        home = _prepared_home(sandbox)
        done = sandbox.run(
            [str(self._program), "--version"], env=self._environment(home, {}), timeout=60.0
        )
        if not done.ok:
            raise SandboxError(
                "Claude Code does not start in the sandbox. Install it again with "
                f"'npm install --global @anthropic-ai/claude-code'. It said: {done.text[-500:]}"
            )

    def command(self, task: Task, sandbox: Sandbox) -> Launch:
        """See CommandRunner."""
        prompt = f"{sandbox.root}/prompts/round-{task.round}.md"
        sandbox.write(prompt, _words(task).encode())
        home = _prepared_home(sandbox)
        self._stream.repository = sandbox.repository
        argv = ["sh", "-c", _WITH_PROMPT, prompt, str(self._program), *self._options(task, sandbox)]
        key = KeyUse("ANTHROPIC_API_KEY", self._model.key, "x-api-key")
        environment = self._environment(home, task.test_env)
        return Launch(argv, environment, key, self._model.destination)

    def parse(self, line: str) -> Iterator[AgentEvent]:
        """See CommandRunner."""
        yield from self._stream.parse(line)

    def judge(self, events: Sequence[AgentEvent], exited: Exited) -> Verdict:
        """See CommandRunner. The exit code is 0 for runs that did nothing: the result counts."""
        session = _last_session(events)
        if any(isinstance(event, AgentError) and event.text == KEY_REFUSED for event in events):
            return Verdict(False, KEY_REFUSED, "agent_key_refused", session)
        if exited.reason == "timeout":
            reason = "Claude Code did not end within its time limit."
            return Verdict(False, reason, "time_limit", session)
        last = next((event for event in reversed(events) if isinstance(event, Finished)), None)
        if last is None or exited.reason != "exited":
            return Verdict(False, _unfinished(events, exited), "agent_failed", session)
        words = last.text or _last_message(events)
        if not last.ok:
            reason = words or "Claude Code reported an error."
            return Verdict(False, reason, "agent_failed", session)
        return Verdict(True, words, "", session)

    def _options(self, task: Task, sandbox: Sandbox) -> list[str]:
        if task.session_id:
            session = ["--resume", task.session_id]
        else:
            session = ["--session-id", str(uuid.uuid5(_SESSIONS, f"{sandbox.id} {task.round}"))]
        return [
            "--print",
            "--output-format",
            "stream-json",
            "--verbose",
            "--dangerously-skip-permissions",
            # A repository's own settings and servers could run commands on the agent's behalf.
            "--setting-sources",
            "user",
            "--strict-mcp-config",
            *session,
            *(["--model", self._model.name] if self._model.name else []),
        ]

    def _environment(self, home: str, extra: Mapping[str, str]) -> dict[str, str]:
        environment = {
            **extra,
            "HOME": home,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "CLAUDE_CODE_MAX_RETRIES": str(self._retries),
            "CLAUDE_CODE_SHELL_PREFIX": f"{home}/without-key",
            # As root the program else refuses to work without asking for every permission.
            "IS_SANDBOX": "1",
        }
        if self._model.base_url:
            environment["ANTHROPIC_BASE_URL"] = self._model.base_url
        return environment


def _words(task: Task) -> str:
    """A resumed conversation knows the task already."""
    if task.session_id and task.feedback:
        return task.feedback
    return "\n\n".join(text for text in (task.prompt, task.feedback) if text)


def _prepared_home(sandbox: Sandbox) -> str:
    """Kept over the rounds: the program stores its conversations there."""
    home = f"{sandbox.root}/agent-home"
    sandbox.write(f"{home}/without-key", _WITHOUT_KEY, mode=0o755)
    return home


def _last_session(events: Sequence[AgentEvent]) -> str:
    started = [event.session_id for event in events if isinstance(event, SessionStarted)]
    return started[-1] if started else ""


def _last_message(events: Sequence[AgentEvent]) -> str:
    """The last message; a result that only repeats it has no words of its own."""
    said = [event.text for event in events if isinstance(event, Message)]
    return said[-1] if said else ""


def _unfinished(events: Sequence[AgentEvent], exited: Exited) -> str:
    errors = [event.text for event in events if isinstance(event, AgentError)]
    how = f"exit code {exited.code}" if exited.code is not None else exited.reason
    said = f" It said: {errors[-1]}" if errors else ""
    return f"Claude Code ended without a result ({how}).{said}"
