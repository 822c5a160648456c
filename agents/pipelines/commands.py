"""Commands of the platform in a sandbox: short ones that must succeed, long ones that are watched."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agents.pipelines.base import Journal, Phase, Stop
from agents.pipelines.quoting import one_line
from agents.sandboxes.base import (
    Blocked,
    CommandResult,
    Exited,
    Network,
    OutputChunk,
    ProcessHandle,
    Sandbox,
    SandboxError,
)

MAX_LOGGED = 8 << 20
_TAIL = 4_000
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# Whatever an agent wrote into the repository's settings must not steer the platform's own git.
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "gc.auto=0",
    "commit.gpgsign=false",
)
_GIT = ("git", *(word for setting in _SETTINGS for word in ("-c", setting)))
_AS_OURS = f'git() {{ command {" ".join(_GIT)} "$@"; }}\n'
# For scripts: a folder that may not be written to cannot be emptied, whoever made it so.
REMOVE = """
remove() {
  rm -rf -- "$@" 2>/dev/null && return
  for each in "$@"; do if [ -e "$each" ]; then chmod -R u+rwX -- "$each"; fi; done
  rm -rf -- "$@"
}
"""
_GIT_ENV = {
    # The sandbox's home is the agent's: its settings could rewrite files as they are checked out.
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_EDITOR": "true",
}


@dataclass(frozen=True, slots=True)
class Command:
    """A long command. `name` is unique within the execution.

    `kept` is how many bytes of the end of its output are handed back.
    """

    name: str
    argv: Sequence[str]
    cwd: str
    timeout: float
    env: Mapping[str, str] = field(default_factory=dict)
    network: Network = Network.NONE
    phase: Phase = Phase.SETUP  # whose network it is
    kept: int = _TAIL


@dataclass(frozen=True, slots=True)
class Ended:
    """How a long command ended; `tail` is the end of its output.

    `over_limit` is a sentence when the sandbox used more memory or disk than it may, else ''.
    """

    exit_code: int | None
    reason: str  # one of the reasons of `Exited`
    seconds: float
    tail: str
    over_limit: str = ""

    @property
    def ok(self) -> bool:
        """It ran to its end and said 0."""
        return self.exit_code == 0 and self.reason == "exited"

    @property
    def last_line(self) -> str:
        """The last line of the output that says something, shortened; or ''."""
        return _last_line(self.tail)


def checked(
    sandbox: Sandbox,
    argv: Sequence[str],
    *,
    cwd: str | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 120.0,
) -> CommandResult:
    """Run a short command; raises SandboxError with the end of its output when it fails.

    Raises Stop when the sandbox is too small for it.
    """
    result = sandbox.run(argv, cwd=cwd or sandbox.root, env=env, timeout=timeout)
    if not result.ok:
        raise _failure(f"“{' '.join(argv)[:200]}”", result)
    return result


def script(
    sandbox: Sandbox, text: str, *arguments: str, cwd: str | None = None, timeout: float = 600.0
) -> CommandResult:
    """Run a fixed shell script of ours in the repository, or another folder.

    Several steps in one command, because each command of a sandbox costs a start. Nothing is ever
    put into the text: what varies are the arguments. `git` in it obeys nobody's settings. Raises
    SandboxError when a step fails.
    """
    result = sandbox.run(
        ["sh", "-ec", f"{_AS_OURS}{text}", "git", *arguments],
        cwd=cwd or sandbox.repository,
        env=_GIT_ENV,
        timeout=timeout,
    )
    if not result.ok:
        raise _failure("git", result)
    return result


def git(sandbox: Sandbox, *arguments: str, cwd: str | None = None) -> CommandResult:
    """Run git in the repository, or another folder; raises as `checked` does."""
    result = try_git(sandbox, *arguments, cwd=cwd)
    if not result.ok:
        raise _failure(f"git {arguments[0]}", result)
    return result


def try_git(sandbox: Sandbox, *arguments: str, cwd: str | None = None) -> CommandResult:
    """Run git; the caller reads the exit code."""
    return sandbox.run(
        [*_GIT, *arguments], cwd=cwd or sandbox.repository, env=_GIT_ENV, timeout=120.0
    )


def _failure(what: str, result: CommandResult) -> Exception:
    if result.over_limit:
        return Stop("sandbox_limit", f"{what} was ended: the sandbox used up its {result.reason}.")
    return SandboxError(f"{what} failed in the sandbox: {_last(result)}")


def _last(result: CommandResult) -> str:
    return _last_line(result.text) or f"exit code {result.exit_code}, {result.reason}"


def _last_line(text: str) -> str:
    # A sentence that is stored: without colours, and without what a database refuses.
    lines = [one_line(_COLOUR.sub("", line)) for line in text.splitlines()]
    return next((line[:300] for line in reversed(lines) if line), "")


def watch(sandbox: Sandbox, journal: Journal, command: Command) -> Ended:
    """Run a long command, its output into the log, and stay able to stop.

    A silent command is noticed about every second, so that a cancelled job ends at once. One
    that an earlier worker left running is ended and begun anew.
    """
    started = time.monotonic()
    handle = _fresh(sandbox, journal, command)
    tail, logged = bytearray(), 0
    for event in sandbox.follow(handle):
        if event is None:
            journal.beat()
        elif isinstance(event, OutputChunk):
            logged = _log(journal, event.data, logged)
            tail += event.data
            if len(tail) > 2 * command.kept:
                del tail[: -command.kept]
        elif isinstance(event, Blocked):
            journal.blocked(event, command.phase)
        else:
            if event.over_limit:
                journal.say(event.error)
            return _ended(event, time.monotonic() - started, bytes(tail[-command.kept :]))
    lost = Exited(None, None, "lost")
    return _ended(lost, time.monotonic() - started, bytes(tail[-command.kept :]))


def _fresh(sandbox: Sandbox, journal: Journal, command: Command) -> ProcessHandle:
    memory = f"process:{command.name}"
    attempt, _, left_over = journal.recall(memory).partition("|")
    if left_over:
        sandbox.kill(ProcessHandle(left_over))
    number = int(attempt or 0) + 1
    handle = sandbox.spawn(
        command.argv,
        key=f"{command.name}-{number}",
        cwd=command.cwd,
        env=command.env,
        timeout=command.timeout,
        network=command.network,
    )
    journal.remember(memory, f"{number}|{handle.id}")
    return handle


def _log(journal: Journal, data: bytes, logged: int) -> int:
    room = MAX_LOGGED - logged
    if room > 0:
        journal.output(data[:room])
        if len(data) >= room:
            journal.say("The output is very long; the rest of it is left out of the log.")
    return logged + len(data)


def _ended(exited: Exited, seconds: float, tail: bytes) -> Ended:
    text = tail.decode("utf-8", "replace")
    over_limit = exited.error if exited.over_limit else ""
    return Ended(exited.code, exited.reason, round(seconds, 3), text, over_limit)
