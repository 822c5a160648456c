"""Aider as a runner: its headless command, its files, its rule of success.

It has no tools: it is given files, edits them in its words, and runs the tests itself. Its exit
code is 0 whatever happens and its output is text, so what counts is that the model answered and
that nothing went wrong after its last answer.
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from agents.runners import aider_guard
from agents.runners.aider_stream import TESTS_BEGIN, TESTS_END, AiderStream
from agents.runners.base import (
    AgentError,
    AgentEvent,
    Finished,
    KeyUse,
    Launch,
    Task,
    Usage,
    Verdict,
)
from agents.runners.cli import CliRunner, HomeFile, Room
from agents.runners.install import Install
from agents.runners.models import ModelChoice
from agents.sandboxes.base import Exited, Sandbox, SandboxError

SESSION = "chat"  # there is one conversation in its home, and it has no name of its own
MAX_FILES = 20
MAX_FILE = 200_000  # bytes, of a file that is given to the model as a whole
MAX_HISTORY = 50_000  # tokens; beyond them a conversation is summed up by another request
_TIMEOUT = 150.0  # seconds of silence
_HERE = "aider"  # the folder of its files in the home
_GUARD = HomeFile(Path(aider_guard.__file__).read_bytes())
# One request for one try: it tries again itself, for a minute, and says so.
_MODELS = HomeFile(b"- name: aider/extra_params\n  extra_params:\n    max_retries: 0\n")
# Prices that are there already are not fetched.
_PRICES = ".aider/caches/model_prices_and_context_window.json"


class AiderRunner(CliRunner):
    """The pair programmer of the command line. `timeout` is in seconds, of one request."""

    name = "aider"
    title = "Aider"
    install = Install("pip", "aider-chat", "0.86.2", "aider")

    def __init__(self, program: Path, model: ModelChoice, *, timeout: float = _TIMEOUT) -> None:
        super().__init__(program, model)
        self._timeout = timeout
        self._files: list[str] = []

    def command(self, task: Task, sandbox: Sandbox) -> Launch:
        """See CommandRunner."""
        self._files = existing(sandbox, task.files)
        return super().command(task, sandbox)

    def judge(self, events: Sequence[AgentEvent], exited: Exited) -> Verdict:
        """See CommandRunner."""
        answers = [place for place, event in enumerate(events) if isinstance(event, Usage)]
        after = events[answers[-1] :] if answers else events
        errors = [each for each in after if isinstance(each, AgentError) and each.outcome]
        if errors:
            events = [*events, Finished(False, errors[-1].text)]
        elif answers and exited.code == 0:
            events = [*events, Finished(True, "")]
        return replace(super().judge(events, exited), session_id=SESSION if answers else "")

    def arguments(self, task: Task, room: Room) -> list[str]:
        """See CliRunner."""
        folder = f"{room.home}/{_HERE}"
        tests = ["--auto-test", f"--test-cmd={shlex.quote(folder)}/tests"]
        return [
            f"--message-file={room.prompt}",
            f"--model={self._model}",
            f"--weak-model={self._model}",
            "--edit-format=ask" if task.plan_only else "--edit-format=diff",
            f"--timeout={self._timeout:g}",
            "--yes-always",
            # Commits are made by the platform.
            *("--no-auto-commits", "--no-dirty-commits", "--no-gitignore"),
            *("--no-check-update", "--analytics-disable", "--no-show-release-notes"),
            *("--no-show-model-warnings", "--no-suggest-shell-commands", "--no-detect-urls"),
            *("--no-pretty", "--no-fancy-input", "--no-browser", "--no-auto-lint"),
            # A map of the repository would leave its cache in there.
            "--map-tokens=0",
            f"--aiderignore={folder}/ignore",
            f"--model-settings-file={folder}/models.yml",
            f"--chat-history-file={folder}/chat.md",
            f"--input-history-file={folder}/input",
            f"--llm-history-file={folder}/llm",
            f"--max-chat-history-tokens={MAX_HISTORY}",
            *(["--restore-chat-history"] if _session(task) else []),
            *(tests if task.test_command and not task.plan_only else []),
            *(f"--file={path}" for path in self._files),
        ]

    def environment(self, task: Task, room: Room) -> dict[str, str]:
        """See CliRunner."""
        anthropic = self.model.wire == "anthropic"
        return {
            "ANTHROPIC_API_BASE" if anthropic else "OPENAI_API_BASE": self.model.address,
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "PYTHONPATH": f"{room.home}/{_HERE}/guard",
            "PYTHONUNBUFFERED": "1",
            # It breaks its own lines at this width.
            "COLUMNS": "10000",
            "SHELL": "/bin/sh",
            "BROWSER": "true",
        }

    def files(self, task: Task, room: Room) -> Mapping[str, HomeFile]:
        """See CliRunner."""
        return {
            f"{_HERE}/guard/sitecustomize.py": _GUARD,
            f"{_HERE}/models.yml": _MODELS,
            f"{_HERE}/tests": HomeFile(self._tests(task).encode(), 0o755),
            _PRICES: HomeFile(b'{"none": {}}'),
        }

    def key(self) -> KeyUse:
        """See CliRunner."""
        # Servers without keys still want that there is one.
        value = self.model.key or "none"
        if self.model.wire == "anthropic":
            return KeyUse(self._variable, value, "x-api-key")
        return KeyUse(self._variable, value, "authorization", "Bearer ")

    def stream(self) -> AiderStream:
        """See CliRunner."""
        return AiderStream(self.model.name)

    def words(self, task: Task) -> str:
        """See CliRunner. Text that begins with a slash or an exclamation mark is a command."""
        words = super().words(replace(task, session_id=_session(task)))
        return f"\n{words}" if words[:1] in {"/", "!"} else words

    @property
    def _variable(self) -> str:
        return "ANTHROPIC_API_KEY" if self.model.wire == "anthropic" else "OPENAI_API_KEY"

    @property
    def _model(self) -> str:
        return f"{'anthropic' if self.model.wire == 'anthropic' else 'openai'}/{self.model.name}"

    def _tests(self, task: Task) -> str:
        """A script that runs the tests in their own environment, and says where they begin."""
        variables = [f"{name}={value}" for name, value in task.test_env.items()]
        clean = ["env", "-u", self._variable, "-u", "PYTHONPATH", *variables]
        return "\n".join(
            [
                "#!/bin/sh",
                f"echo '{TESTS_BEGIN}'",
                shlex.join([*clean, *task.test_command]),
                f'code=$?; echo; echo "{TESTS_END} $code"; exit $code',
                "",
            ]
        )


def _session(task: Task) -> str:
    """The conversation to go on with; '' for one that is not of this program."""
    return task.session_id if task.session_id == SESSION else ""


def existing(sandbox: Sandbox, paths: Sequence[str]) -> list[str]:
    """Those of the paths that are readable files of the repository, and not too large."""
    found: list[str] = []
    for path in paths:
        whole = posixpath.normpath(posixpath.join(sandbox.repository, path))
        relative = posixpath.relpath(whole, sandbox.repository)
        if relative.startswith(("../", ".git/")) or len(found) == MAX_FILES:
            continue
        try:
            sandbox.read(whole, limit=MAX_FILE)
        except SandboxError:
            continue
        found.append(relative)
    return list(dict.fromkeys(found))
