"""Real programs in a real sandbox, against a model provider of our own."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agents.runners import programs
from agents.runners.base import AgentError, AgentEvent, CommandRunner, Task, Usage, Verdict
from agents.runners.install import Install
from agents.runners.tokens import Tokens
from agents.sandboxes.base import (
    Blocked,
    Exited,
    Network,
    OutputChunk,
    ProcessHandle,
    Sandbox,
    SandboxSpec,
)
from agents.sandboxes.local import LocalProvider

WRONG = "def add(a, b):\n    return a - b\n"
CHECK = "import calc; assert calc.add(2, 3) == 5"


@dataclass
class Ran:
    """One round, as it was told and judged."""

    verdict: Verdict
    exited: Exited
    output: str
    events: list[AgentEvent] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)  # hosts that it tried and may not reach

    @property
    def tokens(self) -> Tokens:
        """All that was told."""
        spent = Tokens()
        for each in self.events:
            if isinstance(each, Usage):
                cached, written = each.cached_tokens, each.cache_written_tokens
                spent = spent.plus(Tokens(each.input_tokens, each.output_tokens, cached, written))
        return spent


def find(install: Install) -> Path:
    """The program of an agent; skips the test, with its name, where it is not installed."""
    home = Path(os.environ.get("SOULCASTER_AGENT_PROGRAMS", "var/agents"))
    found = programs.find(install, home)
    if found is None:
        pytest.skip(f"{install.program} is not on PATH: install {install.package}")
    return found


@contextmanager
def sandbox(root: Path, program: Path) -> Iterator[Sandbox]:
    """One with a repository of one commit; `calc.py` in it is wrong."""
    provider = LocalProvider(root / "sandboxes", extra_read_only=programs.readable(program))
    box = provider.create(SandboxSpec("agent"))
    try:
        bundle, base = _bundle(root / "source")
        box.put_repository(bundle, base=base, shallow=())
        yield box
    finally:
        box.close()


def _bundle(source: Path) -> tuple[Path, str]:
    source.mkdir(parents=True)
    (source / "calc.py").write_text(WRONG)
    signed = ["-c", "user.name=Tester", "-c", "user.email=tester@example.org"]
    for command in (
        ["init", "--quiet", "--initial-branch=base"],
        ["add", "."],
        [*signed, "commit", "--quiet", "--message=Begin"],
        ["bundle", "create", "--quiet", "../source.bundle", "base"],
    ):
        subprocess.run(["git", *command], cwd=source, check=True)
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=source, text=True)
    return source.parent / "source.bundle", head.strip()


def start(runner: CommandRunner, box: Sandbox, task: Task, timeout: float = 90) -> ProcessHandle:
    """The agent's process, as the pipeline starts it; it may reach its model and nothing else."""
    runner.prepare(box)
    launch = runner.command(task, box)
    key = {launch.key.variable: launch.key.value} if launch.key else {}
    return box.spawn(
        launch.argv,
        key=f"agent-{task.round}",
        cwd=box.repository,
        env={**launch.env, **key},
        timeout=timeout,
        network=Network.only([launch.destination] if launch.destination else []),
    )


def follow(
    runner: CommandRunner,
    box: Sandbox,
    handle: ProcessHandle,
    stop: Callable[[AgentEvent], bool] = lambda event: False,
) -> Ran:
    """Read it to its end, ended early where an event says so or nothing can come right any more."""
    output, told, events, blocked = b"", 0, list[AgentEvent](), list[str]()
    for event in box.follow(handle):
        if isinstance(event, OutputChunk):
            output += event.data
            lines = output.decode("utf-8", "replace").split("\n")
            for line in lines[told:-1]:
                for each in runner.parse(line):
                    events.append(each)
                    if stop(each) or (isinstance(each, AgentError) and each.fatal):
                        box.kill(handle)
            told = len(lines) - 1
        elif isinstance(event, Blocked):
            blocked.append(event.host)
        elif isinstance(event, Exited):
            text = output.decode("utf-8", "replace")
            events += runner.parse(text.split("\n")[-1])
            return Ran(runner.judge(events, event), event, text, events, blocked)
    raise AssertionError(output)


def run(runner: CommandRunner, box: Sandbox, task: Task, timeout: float = 90) -> Ran:
    """One round."""
    return follow(runner, box, start(runner, box, task, timeout))


def is_right(box: Sandbox) -> bool:
    """Whether the sum is right now."""
    return box.run(["python3", "-B", "-c", CHECK], cwd=box.repository).ok


def processes_of(box: Sandbox) -> list[str]:
    """Commands on this machine that run in the sandbox: their home or their words say so."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
            said = words + (process / "environ").read_bytes()
        except OSError:
            continue
        if box.root.encode() in said:
            found.append(words.replace(b"\0", b" ").decode(errors="replace"))
    return found


def runs(box: Sandbox, word: str, seconds: float = 20) -> bool:
    """Whether such a command runs in the sandbox, or does so before long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if any(word in command for command in processes_of(box)):
            return True
        time.sleep(0.05)
    return False
