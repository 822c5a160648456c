"""What all command line agents share. A new one says only what is special about its program.

See docs/adding-a-runner.md. Nothing that a stranger wrote is ever put into a shell string: the
prompt is a file that becomes the program's standard input.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from agents.runners.base import (
    AgentError,
    AgentEvent,
    Finished,
    KeyUse,
    Launch,
    Message,
    SessionStarted,
    Task,
    ToolCall,
    Verdict,
)
from agents.runners.fences import shorten
from agents.runners.install import Install
from agents.runners.models import ModelChoice
from agents.sandboxes.base import Exited, Sandbox, SandboxError

MAX_REASON = 4_000  # characters
_START_SECONDS = 120.0
# Programs that are known to start, and how isolated: to try takes up to seconds of every job.
_STARTED: set[tuple[str, str]] = set()
_SESSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,199}")
# The whole script: $0 is the prompt's file, the rest is the command. Nothing is ever put into it.
_WITH_PROMPT = 'exec "$@" < "$0"'
_OUT_OF_ROOM = "The sandbox ran out of memory or disk space."


@dataclass(frozen=True, slots=True)
class Room:
    """Where a round happens, as absolute paths in the sandbox.

    `home` is the program's own home, outside of the repository and kept over the rounds; `prompt`
    is the file with the words of this round; `sandbox` is the sandbox's id.
    """

    home: str
    repository: str
    prompt: str
    sandbox: str


@dataclass(frozen=True, slots=True)
class HomeFile:
    """A file that a program finds in its home."""

    data: bytes
    mode: int = 0o644


class Stream(Protocol):
    """Understands what a program says, line by line. Made anew for every round."""

    repository: str

    def parse(self, line: str) -> Iterator[AgentEvent]:
        """The events of one line; must not raise, whatever it is given."""
        ...


class CliRunner(ABC):
    """A command line agent. `program` is its path in the sandbox.

    Subclasses set `name`, `title` and `install`, and answer `arguments`, `environment`, `stream`;
    `files`, `key` and `words` have answers that fit most programs.
    """

    name: str
    title: str
    install: Install

    def __init__(self, program: Path, model: ModelChoice) -> None:
        self.program = program
        self.model = model
        self._stream = self.stream()

    # --- what is special about a program

    @abstractmethod
    def arguments(self, task: Task, room: Room) -> list[str]:
        """What follows the program's name. The prompt comes by standard input."""

    @abstractmethod
    def environment(self, task: Task, room: Room) -> dict[str, str]:
        """Its variables, without the key. HOME and those of the tests are there already."""

    @abstractmethod
    def stream(self) -> Stream:
        """What understands its output."""

    def files(self, task: Task, room: Room) -> Mapping[str, HomeFile]:
        """Files of its home, by their path in it; written before each round."""
        return {}

    def key(self) -> KeyUse | None:
        """How it is given its key; None when it needs none."""
        return None

    def words(self, task: Task) -> str:
        """What it is told in this round. A resumed conversation knows the task already."""
        if task.session_id and task.feedback:
            return task.feedback
        return "\n\n".join(part for part in (task.prompt, task.feedback) if part)

    # --- what all share

    def prepare(self, sandbox: Sandbox) -> None:
        """See CommandRunner. A program that started once for this worker is not tried again."""
        known = (str(self.program), sandbox.isolation)
        if known in _STARTED:
            return
        task = Task("")
        room = self._room(task, sandbox)
        self._furnish(task, room, sandbox)
        environment = self._environment(task, room)
        argv = [str(self.program), "--version"]
        done = sandbox.run(argv, env=environment, timeout=_START_SECONDS)
        if not done.ok:
            said = shorten(done.text.strip(), 500) or done.reason
            raise SandboxError(
                f"{self.title} does not start in the sandbox. Install {self.install.package} "
                f"{self.install.version} ({self.install.kind}) again. It said: {said}"
            )
        _STARTED.add(known)

    def command(self, task: Task, sandbox: Sandbox) -> Launch:
        """See CommandRunner."""
        room = self._room(task, sandbox)
        # What the round before has said is no part of this one.
        self._stream = self.stream()
        self._stream.repository = sandbox.repository
        sandbox.write(room.prompt, self.words(task).encode())
        self._furnish(task, room, sandbox)
        program = [str(self.program), *self.arguments(task, room)]
        argv = ["sh", "-c", _WITH_PROMPT, room.prompt, *program]
        return Launch(argv, self._environment(task, room), self.key(), self.model.destination)

    def parse(self, line: str) -> Iterator[AgentEvent]:
        """See CommandRunner."""
        yield from self._stream.parse(line)

    def judge(self, events: Sequence[AgentEvent], exited: Exited) -> Verdict:
        """See CommandRunner. Exit codes are 0 for runs that did nothing: the last word counts."""
        session = _session(events)
        failed = self._failure(events, exited)
        if failed is not None:
            outcome, reason = failed
            return Verdict(False, shorten(reason, MAX_REASON), outcome, session)
        return Verdict(True, shorten(_last_words(events), MAX_REASON), "", session)

    def _failure(self, events: Sequence[AgentEvent], exited: Exited) -> tuple[str, str] | None:
        """The outcome and the reason of a round that failed; None for one that went well."""
        fatal = next((e for e in events if isinstance(e, AgentError) and e.fatal), None)
        if fatal is not None:
            return fatal.outcome or "agent_failed", fatal.text
        error = _last_error(events)
        if exited.reason == "timeout":
            if error and error.outcome:
                return error.outcome, error.text
            return "time_limit", f"{self.title} did not end within its time limit."
        if exited.over_limit:
            return "sandbox_limit", exited.error or _OUT_OF_ROOM
        last = next((e for e in reversed(events) if isinstance(e, Finished)), None)
        if last is not None and last.ok and exited.reason == "exited":
            return None
        outcome = error.outcome if error and error.outcome else "agent_failed"
        if last is not None and not last.ok and last.text:
            return outcome, last.text
        how = f"exit code {exited.code}" if exited.code is not None else exited.reason
        said = f" It said: {error.text}" if error else ""
        return outcome, f"{self.title} ended without a result ({how}).{said}"

    def _environment(self, task: Task, room: Room) -> dict[str, str]:
        return {**task.test_env, "HOME": room.home, **self.environment(task, room)}

    def _room(self, task: Task, sandbox: Sandbox) -> Room:
        prompt = f"{sandbox.root}/prompts/round-{task.round}.md"
        return Room(f"{sandbox.root}/agent-home", sandbox.repository, prompt, sandbox.id)

    def _furnish(self, task: Task, room: Room, sandbox: Sandbox) -> None:
        for path, file in self.files(task, room).items():
            sandbox.write(f"{room.home}/{path}", file.data, mode=file.mode)


def _session(events: Sequence[AgentEvent]) -> str:
    """The conversation's name, which the next round puts on a command line: never an option.

    Whatever runs beside the agent can write into its output.
    """
    named = (e.session_id for e in events if isinstance(e, SessionStarted))
    started = [name for name in named if _SESSION.fullmatch(name)]
    return started[-1] if started else ""


def _last_words(events: Sequence[AgentEvent]) -> str:
    """Of the end; else the last message: an end that only repeats it has no words of its own."""
    said = [e.text for e in events if isinstance(e, Message | Finished) and e.text]
    return said[-1] if said else ""


def _last_error(events: Sequence[AgentEvent]) -> AgentError | None:
    """The last error since the model was last heard; one with a known outcome before others."""
    found: AgentError | None = None
    for event in reversed(events):
        if isinstance(event, ToolCall | Message):
            break
        if isinstance(event, AgentError):
            if event.outcome:
                return event
            found = found or event
    return found
