"""Git in and out needs nothing but `run`, `read` and `write`, and survives a hostile repository."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.sandboxes import git
from agents.sandboxes.base import Sandbox, SandboxError, SandboxSpec
from agents.sandboxes.local import LocalProvider
from tests.agents.sandboxes.helpers import make_commits


@pytest.fixture
def sandbox(any_provider: LocalProvider) -> Iterator[Sandbox]:
    sandbox = any_provider.create(SandboxSpec("git"))
    yield sandbox
    sandbox.close()


def test_a_repository_is_replaced_and_no_bundle_is_left(sandbox: Sandbox, tmp_path: Path) -> None:
    commits = make_commits(tmp_path)
    for _ in range(2):
        git.put_repository(sandbox, commits.bundle, base=commits.base, shallow=[commits.base])
        dirty = "test ! -e new && touch new && git commit -q --allow-empty -m x && cat value.txt"
        assert sandbox.run(["sh", "-c", dirty], cwd=sandbox.repository).text == "2\n"

    assert sandbox.run(["ls", "-A"]).text.split() == ["repo"]
    for _ in range(3):
        assert git.get_commits(sandbox, commits.base).startswith(b"# v2 git bundle")
    assert len(sandbox.run(["ls", "-A"]).text.split()) == 2  # the last one goes with the next


def test_a_bundle_without_the_base_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    commits = make_commits(tmp_path)

    with pytest.raises(SandboxError, match="git failed"):
        git.put_repository(sandbox, commits.bundle, base="0" * 40, shallow=[commits.base])
    assert sandbox.run(["ls", "-A"]).text.split() == ["repo"]


def test_a_branch_that_the_agent_removed_is_said(sandbox: Sandbox, tmp_path: Path) -> None:
    commits = make_commits(tmp_path)
    git.put_repository(sandbox, commits.bundle, base=commits.base, shallow=[commits.base])
    sandbox.run(
        ["sh", "-c", "git checkout -q -b other && git branch -D work"], cwd=sandbox.repository
    )

    with pytest.raises(SandboxError, match="work"):
        git.get_commits(sandbox, commits.base)
