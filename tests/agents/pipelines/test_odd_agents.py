"""What agents do that nobody asked for: each has one outcome, and a sentence that says what it was.

The agent is a program in the sandbox, as real ones are. The table below is the whole promise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from agents.runners.base import AgentEvent, Launch, Message, Task, Verdict
from agents.sandboxes.base import Exited, Sandbox
from clusters.forges.base import PullState
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.projects import CHECK, NEW_CHECK, PRICE, RIGHT, WRONG, commit

pytestmark = pytest.mark.slow

FIX = 'cp "$HOME/right.py" till/price.py\ncp "$HOME/new_check.py" tests/check.py\n'
BREAK = 'cp "$HOME/wrong.py" till/price.py\n'
COMMIT = "git add --all\ngit commit -q -m Changed\n"
INNER = """
git init -q inner
git -C inner -c user.name=Inner -c user.email=inner@example.com commit -q --allow-empty -m Inner
"""
# Incompressible, so that its commit is as large.
BINARY = "head -c {} /dev/urandom > till/blob.bin\n"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12345\n"


@dataclass(frozen=True)
class Odd:
    """What an agent does. `says` is in the job's detail, its log or its pull request's text.

    `pushed` is whether its commits are on the branch in the end.
    """

    name: str
    script: str
    outcome: str
    says: str
    pushed: bool = False


ODD = [
    Odd("exit 0 without changes", "exit 0", "no_changes", "The agent made no commits."),
    Odd(
        "exit 0 with an empty commit",
        "git commit -q --allow-empty -m Done",
        "no_changes",
        "The agent made no commits.",
    ),
    Odd("exit 1 without changes", "exit 1", "agent_failed", "The agent ended with 1."),
    Odd(
        "exit 1 with commits that prove the fix",
        f"{FIX}{COMMIT}exit 1",
        "verified",
        "The agent did not finish: The agent ended with 1.",
        pushed=True,
    ),
    Odd(
        "exit 1 with commits that do not",
        f"{BREAK}{COMMIT}exit 1",
        "unverified",
        "The agent cannot go on: The agent ended with 1.",
        pushed=True,
    ),
    Odd(
        "killed by a signal with changes that it did not commit",
        f"{FIX}kill -9 $$",
        "verified",
        "Committed what the agent left uncommitted",
        pushed=True,
    ),
    Odd(
        "10,000 files",
        f"{FIX}mkdir many\nseq 10000 | while read n; do : > many/$n.txt; done\n{COMMIT}",
        "verified",
        "The change is large: 10002 files",
        pushed=True,
    ),
    Odd(
        "a force-push",
        f"{FIX}{COMMIT}git push --force origin HEAD:main; git push -f . HEAD:refs/heads/main",
        "verified",
        "Pushed",
        pushed=True,
    ),
    Odd(
        "its own commits rewritten",
        f"{BREAK}{COMMIT}{FIX}git add --all\ngit commit -q --amend -m Better",
        "verified",
        "Pushed",
        pushed=True,
    ),
    Odd(
        "the history below it rewritten",
        f"{FIX}git checkout -q --orphan other\n{COMMIT}git branch -q -M other work\nrm -f .git/shallow",
        "agent_failed",
        "The agent's commits could not be taken",
    ),
    Odd(
        "a submodule",
        f"{FIX}{INNER}{COMMIT}",
        "guard_blocked",
        "A submodule was added or changed.",
    ),
    Odd(
        "an empty repository inside the repository",
        f"{FIX}git init -q inner\n",
        "agent_failed",
        "a state that cannot be committed",
    ),
    Odd(
        "a Git LFS pointer changed",
        f"{FIX}sed -i s/aaaa/bbbb/ data/big.bin\n{COMMIT}",
        "verified",
        "This file's content is in Git LFS",
        pushed=True,
    ),
    Odd(
        "a binary file",
        f"{FIX}{BINARY.format(200_000)}{COMMIT}",
        "verified",
        "A binary file, which nobody can read in the diff.",
        pushed=True,
    ),
    Odd(
        "a huge binary file",
        f"{FIX}{BINARY.format(70 << 20)}{COMMIT}",
        "agent_failed",
        "The bundle of commits is larger than",
    ),
    Odd(
        "only files outside of the repository",
        'echo x > "$HOME/outside"; echo x > ../beside; echo x > /etc/outside; echo x > /outside; true',
        "no_changes",
        "The agent made no commits.",
    ),
    Odd(
        "the fix, and files outside of the repository",
        f'{FIX}echo x > "$HOME/outside"; echo x > "$HOME/conftest.py"; echo x > /usr/outside\ntrue',
        "verified",
        "Pushed",
        pushed=True,
    ),
    Odd(
        "a link that leads outside",
        f"{FIX}ln -s /etc/passwd till/users\n{COMMIT}",
        "guard_blocked",
        "A symbolic link was added or changed.",
    ),
    Odd(
        "no repository any more",
        "rm -rf .git",
        "agent_failed",
        "a state that cannot be committed",
    ),
]


class Program:
    """A command-line agent: a shell script, whose exit code is all that it says of itself."""

    name = "program"
    title = "Program of the tests"

    def __init__(self, script: str) -> None:
        self.script = script

    def prepare(self, sandbox: Sandbox) -> None:
        for name, text in (("right", RIGHT), ("wrong", WRONG), ("new_check", NEW_CHECK)):
            sandbox.write(f"{sandbox.root}/{name}.py", text.encode())

    def command(self, task: Task, sandbox: Sandbox) -> Launch:
        sandbox.write(f"{sandbox.root}/agent.sh", self.script.encode())
        return Launch(["sh", f"{sandbox.root}/agent.sh"], {})

    def parse(self, line: str) -> Iterator[AgentEvent]:
        yield Message(line)

    def judge(self, events: Sequence[AgentEvent], exited: Exited) -> Verdict:
        if exited.code == 0:
            return Verdict(True, "")
        return Verdict(False, f"The agent ended with {exited.code}.", "agent_failed")


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: str(odd.name))
def test_it_has_its_own_outcome(quick: Bench, odd: Odd) -> None:
    (quick.source / "data").mkdir()
    commit(
        quick.source,
        {".gitattributes": "*.bin filter=lfs\n", "data/big.bin": POINTER.format("a" * 64)},
    )
    before = quick.base
    quick.change(rounds=2)
    quick.runner = Program(odd.script)

    result = quick.run()

    pull = quick.only_pull()
    told = "\n".join([result.detail, quick.memory.log, pull.body])
    assert (result.outcome, odd.says in told) == (odd.outcome, True), told
    assert (pull.head_sha == result.head_sha) is odd.pushed
    assert bool(result.head_sha) is odd.pushed
    if not odd.pushed and odd.outcome != "guard_blocked":
        assert pull.state == PullState.CLOSED
    assert quick.forge.mirror().branches()["main"] == before == quick.base
    assert quick.left_over() == []
    if odd.outcome == "verified":
        assert {PRICE, CHECK} <= {file.path for file in quick.forge.changed(pull.number)}
