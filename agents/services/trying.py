"""Starting an agent's program in a throw-away sandbox, to see whether it does."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from agents.runners import registry
from agents.sandboxes.base import CommandResult, SandboxError, SandboxProvider, SandboxSpec
from agents.sandboxes.registry import sandboxes

_SECONDS = 20.0
_LABEL = "doctor"


@dataclass(frozen=True, slots=True)
class Tried:
    """Whether it started, in a sentence."""

    ok: bool
    sentence: str


def has_program(runner: str) -> bool:
    """Whether there is a program to start; raises UnknownRunner."""
    return registry.entry(runner).install is not None


def remedy(runner: str) -> str:
    """How to get another one."""
    sandbox, agent = registry.parse(runner)
    if sandboxes()[sandbox].on_this_machine:
        return f"An operator runs `bin/manage runner install --force {agent}`."
    return "Build the sandbox's template again."


def start(programs: Mapping[str, str], provider: SandboxProvider) -> dict[str, Tried]:
    """Start each runner's program, by its path, in one new sandbox and ask for its version."""
    deadline = time.monotonic() + _SECONDS
    try:
        sandbox = provider.create(SandboxSpec(_LABEL, wall_seconds=_SECONDS, lease_seconds=30.0))
        try:
            return {
                runner: _judged(runner, sandbox.run([path, "--version"], timeout=_left(deadline)))
                for runner, path in programs.items()
            }
        finally:
            sandbox.close()
    except (SandboxError, OSError) as error:
        return dict.fromkeys(programs, Tried(False, str(error)[:1000]))


def _left(deadline: float) -> float:
    return max(0.1, deadline - time.monotonic())


def _judged(runner: str, done: CommandResult) -> Tried:
    install = registry.entry(runner).install
    assert install is not None  # has_program
    said = " ".join(done.text.split())
    said = "".join(letter for letter in said if letter.isprintable())[-200:]
    if not done.ok:
        how = "It did not end in time." if done.reason == "timeout" else f"It said: {said}"
        return Tried(False, f"The program {install.program} does not start in the sandbox. {how}")
    if install.version in said:
        return Tried(True, f"{install.program} {install.version} starts in the sandbox.")
    wanted = f"made for {install.version}"
    return Tried(True, f"{install.program} starts in the sandbox as “{said[:60]}”, {wanted}.")
