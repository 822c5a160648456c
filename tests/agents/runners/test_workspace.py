"""The built-in agent's tools: real files, real git, and nothing outside of the repository."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.runners.base import Task
from agents.runners.builtin.workspace import MAX_FILE_BYTES, Refused, Workspace
from tests.stand_ins.directory_sandbox import DirectorySandbox


@pytest.fixture
def workspace(sandbox: DirectorySandbox, task: Task) -> Workspace:
    return Workspace(sandbox, task)


@pytest.fixture
def repository(sandbox: DirectorySandbox) -> Path:
    return Path(sandbox.repository)


def log(sandbox: DirectorySandbox) -> list[str]:
    shown = sandbox.run(["git", "log", "--format=%s"], cwd=sandbox.repository).text
    return shown.splitlines()


def test_files_are_listed_with_new_ones_and_without_ignored_ones(
    workspace: Workspace, repository: Path
) -> None:
    (repository / ".gitignore").write_text("*.log\n")
    (repository / "noise.log").write_text("x")
    (repository / "new.py").write_text("x")
    expected = [".gitignore", "calc.py", "new.py", "run.sh", "test_calc.py"]
    assert workspace.list_files().splitlines() == expected


def test_a_search_takes_the_text_as_it_is(workspace: Workspace) -> None:
    assert workspace.search("add(a, b)") == "calc.py:1:def add(a, b):"
    assert workspace.search("a.d") == "nothing found"
    assert workspace.search("--open-files-in-pager=touch") == "nothing found"


def test_lines_are_read_with_their_numbers(workspace: Workspace) -> None:
    text = workspace.read_file("calc.py", 2, 2)
    assert text == "    2      return a - b\n[calc.py: lines 2 to 2 of 2]"


def test_an_edit_replaces_what_stands_once(workspace: Workspace, repository: Path) -> None:
    workspace.edit_file("calc.py", "a - b", "a + b")
    assert (repository / "calc.py").read_text() == "def add(a, b):\n    return a + b\n"


@pytest.mark.parametrize("old", ["a * b", "a", ""])
def test_an_edit_that_does_not_fit_changes_nothing(
    workspace: Workspace, repository: Path, old: str
) -> None:
    before = (repository / "calc.py").read_bytes()
    with pytest.raises(Refused):
        workspace.edit_file("calc.py", old, "c")
    assert (repository / "calc.py").read_bytes() == before


def test_the_same_edit_twice_is_done_once(workspace: Workspace, repository: Path) -> None:
    for _ in range(2):
        workspace.edit_file("calc.py", "return a - b", "c = 1\n    return a - b")
    assert (repository / "calc.py").read_text().count("c = 1") == 1


def test_a_part_of_a_text_is_taken_away(workspace: Workspace, repository: Path) -> None:
    workspace.edit_file("calc.py", "return a - b", "return a")
    assert (repository / "calc.py").read_text() == "def add(a, b):\n    return a\n"


def test_a_script_stays_executable(workspace: Workspace, repository: Path) -> None:
    workspace.edit_file("run.sh", "hello", "goodbye")
    workspace.write_file("plain.txt", "text\n")
    assert (repository / "run.sh").stat().st_mode & stat.S_IXUSR
    assert not (repository / "plain.txt").stat().st_mode & stat.S_IXUSR


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../outside", "a/../../b", ".git/config", "sub/.GIT/hooks/x", "a\0b"]
)
def test_nothing_outside_of_the_repository_is_touched(workspace: Workspace, path: str) -> None:
    uses: list[Callable[[], str]] = [
        lambda: workspace.read_file(path),
        lambda: workspace.write_file(path, "x"),
        lambda: workspace.edit_file(path, "a", "b"),
        lambda: workspace.list_files(path),
        lambda: workspace.check_syntax(path),
    ]
    for use in uses:
        with pytest.raises(Refused):
            use()


def test_a_link_out_of_the_repository_is_not_followed(
    workspace: Workspace, repository: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    (repository / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(Refused):
        workspace.read_file("link")


def test_binary_and_very_large_files_are_refused(workspace: Workspace, repository: Path) -> None:
    (repository / "image").write_bytes(b"\x89PNG\0\0")
    (repository / "latin").write_bytes(b"caf\xe9")
    for name in ("image", "latin"):
        with pytest.raises(Refused):
            workspace.read_file(name)
    with pytest.raises(Refused):
        workspace.write_file("large", "x" * (MAX_FILE_BYTES + 1))


def test_syntax_is_checked_without_running_the_file(workspace: Workspace, repository: Path) -> None:
    workspace.write_file("bad.py", "def f(:\n")
    workspace.write_file("evil.py", "open('ran', 'w')\n")
    workspace.write_file("bad.json", "{")
    workspace.write_file("page.html", "<p>")
    with pytest.raises(Refused, match="invalid syntax"):
        workspace.check_syntax("bad.py")
    with pytest.raises(Refused):
        workspace.check_syntax("bad.json")
    assert "is right" in workspace.check_syntax("evil.py")
    assert not (repository / "ran").exists()
    assert "not checked" in workspace.check_syntax("page.html")


def test_tests_are_run_and_leave_nothing_to_commit(
    workspace: Workspace, sandbox: DirectorySandbox
) -> None:
    assert "exit code 1" in workspace.run_tests([])
    workspace.edit_file("calc.py", "a - b", "a + b")
    assert "exit code 0" in workspace.run_tests(["test_calc.py"])
    workspace.commit("Add instead of subtract")
    changed = sandbox.run(
        ["git", "show", "--format=", "--name-only", "HEAD"], cwd=sandbox.repository
    )
    assert changed.text.split() == ["calc.py"]


@pytest.mark.parametrize("selector", ["--rootdir=/", "-p", "", "a\0b"])
def test_options_are_no_selectors(workspace: Workspace, selector: str) -> None:
    with pytest.raises(Refused):
        workspace.run_tests([selector])


def test_without_a_test_command_nothing_is_run(sandbox: DirectorySandbox) -> None:
    assert "nothing was run" in Workspace(sandbox, Task("x")).run_tests([])


def test_tests_that_hang_are_ended(sandbox: DirectorySandbox) -> None:
    task = Task("x", test_command=("sleep", "30"))
    assert "did not end" in Workspace(sandbox, task, test_timeout=0.2).run_tests([])


def write_hook(repository: Path, name: str, line: str) -> None:
    hook = repository / ".git/hooks" / name
    hook.write_text(f"#!/bin/sh\n{line}\n")
    hook.chmod(0o755)


def test_a_commit_takes_everything_and_no_hook_stops_it(
    workspace: Workspace, sandbox: DirectorySandbox, repository: Path
) -> None:
    for name in ("pre-commit", "commit-msg"):
        write_hook(repository, name, "exit 1")
    workspace.write_file("docs/new.md", "# New\n")
    (repository / "run.sh").unlink()
    assert "Write it down" in workspace.commit("Write it down")
    assert log(sandbox) == ["Write it down", "Begin"]
    assert "nothing to commit" in workspace.commit("Again")
    assert log(sandbox) == ["Write it down", "Begin"]


def test_the_checkout_may_end_every_message(
    workspace: Workspace, sandbox: DirectorySandbox, repository: Path
) -> None:
    write_hook(repository, "prepare-commit-msg", 'echo "Agent: it" >> "$1"')
    sandbox.run(["git", "config", "core.hooksPath", "elsewhere"], cwd=sandbox.repository)
    workspace.write_file("new.md", "# New\n")
    workspace.commit("Write it down")
    shown = sandbox.run(["git", "log", "-1", "--format=%B"], cwd=sandbox.repository).text
    assert shown.strip() == "Write it down\nAgent: it"


def test_a_message_that_looks_like_an_option_is_a_message(
    workspace: Workspace, sandbox: DirectorySandbox
) -> None:
    workspace.write_file("new.md", "# New\n")
    workspace.commit("--amend")
    assert log(sandbox) == ["--amend", "Begin"]
