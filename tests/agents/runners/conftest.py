"""A small repository in a folder, for tests of what agents do to one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from agents.runners import cli
from agents.runners.base import Task
from tests.stand_ins.directory_sandbox import DirectorySandbox

TEST_COMMAND = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
TEST_ENV = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


@pytest.fixture
def sandbox(tmp_path: Path) -> DirectorySandbox:
    """A repository with one commit: `calc.py`, which is wrong, and a script."""
    sandbox = DirectorySandbox(tmp_path.resolve())
    repository = Path(sandbox.repository)
    repository.mkdir()
    (repository / "calc.py").write_text("def add(a, b):\n    return a - b\n")
    (repository / "test_calc.py").write_text(
        "from calc import add\n\n\ndef test_add():\n    assert add(2, 2) == 4\n"
    )
    script = repository / "run.sh"
    script.write_text("#!/bin/sh\necho hello\n")
    script.chmod(0o755)
    for command in (
        ["init", "--quiet"],
        ["config", "user.name", "Tester"],
        ["config", "user.email", "tester@example.org"],
        ["add", "."],
        ["commit", "--quiet", "--message=Begin"],
    ):
        assert sandbox.run(["git", *command], cwd=sandbox.repository).ok
    return sandbox


@pytest.fixture
def task() -> Task:
    return Task("Fix the sum.", test_command=TEST_COMMAND, test_env=TEST_ENV)


@pytest.fixture(autouse=True)
def _no_program_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is a worker of its own."""
    monkeypatch.setattr(cli, "_STARTED", set())
