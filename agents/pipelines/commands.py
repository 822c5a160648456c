"""Commands of the platform in a sandbox: short ones that must succeed, long ones that are watched."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field

from agents.pipelines.base import Journal, Phase, Stop
from agents.pipelines.quoting import one_line
from agents.sandboxes.base import (
    Blocked,
    CommandResult,
    Exited,
    Network,
    OutputChunk,
    Sandbox,
    SandboxError,
)

MAX_LOGGED = 8 << 20
# Ends that a process did not come to by itself: its supervisor is gone, nobody followed it for the
# time of its lease, or the launcher ended.
LOST = frozenset({"lost", "lease", "anchor"})
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

    `kept` is how many bytes of the end of its output are handed back. `note` is remembered with
    its process, for a worker that takes it up; see `begun`.
    """

    name: str
    argv: Sequence[str]
    cwd: str
    timeout: float
    env: Mapping[str, str] = field(default_factory=dict)
    network: Network = Network.NONE
    phase: Phase = Phase.SETUP  # whose network it is
    kept: int = _TAIL
    note: str = ""


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


@dataclass(frozen=True, slots=True)
class Begun:
    """A process that some worker began: the how many-th of its name, where, when, and its note."""

    number: int
    sandbox_id: str
    at: float  # of time.time() there
    note: str


def begun(sandbox: Sandbox, journal: Journal, name: str) -> Begun | None:
    """The process of that name, if it was begun in this sandbox, whether or not it has ended."""
    last = _last_begun(journal, name)
    return last if last and last.sandbox_id == sandbox.id else None


def watch(
    sandbox: Sandbox, journal: Journal, command: Command, prepare: Callable[[], None] | None = None
) -> Ended:
    """Run a long command, its output into the log, and stay able to stop.

    A silent command is noticed about every second, so that a cancelled job ends at once. One
    that an earlier worker began is taken up where it is. Only when its process was lost with the
    worker is it begun anew, once. `prepare` is called before it begins, and not when it is taken up.
    """
    process = begun(sandbox, journal, command.name) or _begin(sandbox, journal, command, prepare)
    ended = _followed(sandbox, journal, command, process)
    if ended.reason not in LOST:
        return ended
    journal.beat()  # a sandbox that was closed to end the job loses what runs in it, too
    journal.say(f"The command was lost on the way ({ended.reason}), so it begins once more.")
    process = _begin(sandbox, journal, command, prepare)
    return _followed(sandbox, journal, command, process)


def _begin(
    sandbox: Sandbox, journal: Journal, command: Command, prepare: Callable[[], None] | None
) -> Begun:
    if prepare is not None:
        prepare()
    return note_begun(sandbox, journal, command.name, command.note)


def note_begun(sandbox: Sandbox, journal: Journal, name: str, note: str = "") -> Begun:
    """Remember that another process of this name begins.

    Before it is there: a worker that finds this starts it, if the one before had no time to.
    """
    before = _last_begun(journal, name)
    number = before.number + 1 if before else 1
    process = Begun(number, sandbox.id, round(time.time(), 3), note)
    journal.remember(_memory(name), json.dumps(astuple(process)))
    return process


def _last_begun(journal: Journal, name: str) -> Begun | None:
    kept = journal.recall(_memory(name))
    return Begun(*json.loads(kept)) if kept else None


def _memory(name: str) -> str:
    return f"process:{name}"


def numbered(name: str, number: int) -> str:
    """The key of a process, and its source in the log: the name, but for one that began anew."""
    return name if number == 1 else f"{name}-again-{number}"


def _followed(sandbox: Sandbox, journal: Journal, command: Command, process: Begun) -> Ended:
    source = numbered(command.name, process.number)
    handle = sandbox.spawn(  # the same key is the same process
        command.argv,
        key=source,
        cwd=command.cwd,
        env=command.env,
        timeout=command.timeout,
        network=command.network,
    )
    tail, logged = bytearray(), 0
    end = Exited(None, None, "lost")
    for event in sandbox.follow(handle):
        if event is None:
            journal.beat()
        elif isinstance(event, OutputChunk):
            logged = _log(journal, event.data, logged, source)
            tail += event.data
            if len(tail) > 2 * command.kept:
                del tail[: -command.kept]
        elif isinstance(event, Blocked):
            journal.blocked(event, command.phase)
        else:
            end = event
    journal.ended(source)
    if end.over_limit:
        journal.say(end.error)
    # It may have begun under another worker, by a clock that is not quite ours.
    seconds = min(max(0.0, time.time() - process.at), command.timeout)
    return _ended(end, seconds, bytes(tail[-command.kept :]))


def _log(journal: Journal, data: bytes, logged: int, source: str) -> int:
    room = MAX_LOGGED - logged
    if room > 0:
        journal.output(data[:room], source)
        if len(data) >= room:
            journal.say("The output is very long; the rest of it is left out of the log.")
    return logged + len(data)


def _ended(exited: Exited, seconds: float, tail: bytes) -> Ended:
    text = tail.decode("utf-8", "replace")
    over_limit = exited.error if exited.over_limit else ""
    return Ended(exited.code, exited.reason, round(seconds, 3), text, over_limit)
