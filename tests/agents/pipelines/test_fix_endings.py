"""All the ways for a fix to end, and what is left afterwards."""

from __future__ import annotations

import pytest

from agents.pipelines.base import ReceiptKind, ReceiptStatus
from agents.runners.base import Listener, Task, Verdict
from agents.sandboxes.base import Isolation, Sandbox
from clusters.forges.base import Author, PullState
from tests.agents.pipelines.agents_of_tests import DONE, Editor
from tests.agents.pipelines.bench import BRANCH, Bench
from tests.agents.pipelines.journal import MemoryJournal
from tests.agents.pipelines.projects import CHECK, NEW_CHECK, PRICE, RIGHT, commit, git

pytestmark = pytest.mark.slow

FIXED = {PRICE: RIGHT, CHECK: NEW_CHECK}
HANGS = "import time\n\ntime.sleep(100)\n"


def test_an_agent_without_commits_leaves_no_draft_and_no_branch(quick: Bench) -> None:
    quick.runner = Editor({})

    result = quick.run()

    pull = quick.only_pull()
    assert (result.outcome, result.pull_number) == ("no_changes", pull.number)
    assert pull.state == PullState.CLOSED
    assert [comment.text.split(".")[0] for comment in pull.comments] == ["Closed without a change"]
    assert not quick.branch_exists()
    assert quick.left_over() == []


def test_a_commit_that_changes_nothing_counts_as_none(quick: Bench) -> None:
    def commit_nothing(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        sandbox.run(["git", "commit", "--allow-empty", "-m", "Done"], cwd=sandbox.repository)
        return DONE

    quick.runner = Editor(commit_nothing)

    assert quick.run().outcome == "no_changes"


def test_tests_that_hang_end_the_run_before_the_agent_begins(quick: Bench) -> None:
    commit(quick.source, {CHECK: HANGS})
    editor = Editor(FIXED)
    quick.runner = editor
    quick.change(test_timeout=3.0)

    result = quick.run()

    assert (result.outcome, editor.tasks) == ("tests_hang", [])
    assert result.detail == "The tests did not end within 3 seconds."
    assert quick.memory.receipts[ReceiptKind.BASELINE, 1].status == ReceiptStatus.TIMED_OUT
    assert quick.only_pull().state == PullState.CLOSED
    assert quick.left_over() == []


def test_without_a_model_the_baseline_is_all(quick: Bench) -> None:
    result = quick.run()

    assert (result.outcome, result.pull_number) == ("no_model", None)
    assert "The tests before the change: passed." in result.detail
    assert quick.forge.pulls() == []
    assert not quick.branch_exists()
    assert quick.left_over() == []


def test_the_guard_keeps_commits_back_and_the_draft_says_why(quick: Bench) -> None:
    quick.runner = Editor({**FIXED, ".github/workflows/release.yml": "on: push\n"})

    result = quick.run()

    pull = quick.only_pull()
    assert (result.outcome, result.head_sha) == ("guard_blocked", "")
    assert result.detail.startswith(".github/workflows/release.yml")
    assert (pull.state, pull.draft) == (PullState.OPEN, True)
    assert quick.forge.changed(pull.number) == []
    assert "kept back by the project's guard" in pull.body


def test_an_agent_that_fails_without_commits_gives_its_outcome(quick: Bench) -> None:
    def refuse(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        return Verdict(
            ok=False, reason="The provider refused the key.", outcome="agent_key_refused"
        )

    quick.runner = Editor(refuse)

    result = quick.run()

    assert (result.outcome, result.detail) == (
        "agent_key_refused",
        "The provider refused the key.",
    )
    assert quick.only_pull().state == PullState.CLOSED


def test_what_a_failing_agent_left_is_proven_all_the_same(quick: Bench) -> None:
    def write_and_fail(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        for path, text in FIXED.items():
            sandbox.write(f"{sandbox.repository}/{path}", text.encode())
        return Verdict(ok=False, reason="It crashed at the end.", outcome="agent_failed")

    quick.runner = Editor(write_and_fail)

    assert quick.run().outcome == "verified"


def test_an_agent_that_breaks_the_repository_has_failed(quick: Bench) -> None:
    def remove_git(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        sandbox.run(["rm", "-rf", ".git"], cwd=sandbox.repository)
        return DONE

    quick.runner = Editor(remove_git)

    result = quick.run()

    assert result.outcome == "agent_failed"
    assert quick.only_pull().state == PullState.CLOSED


def test_an_agent_on_a_branch_of_its_own_is_followed(quick: Bench) -> None:
    def branch_off(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        sandbox.run(["git", "checkout", "-b", "elsewhere"], cwd=sandbox.repository)
        for path, text in FIXED.items():
            sandbox.write(f"{sandbox.repository}/{path}", text.encode())
        return DONE

    quick.runner = Editor(branch_off)

    assert quick.run().outcome == "verified"


def test_commits_in_another_name_are_kept_back(quick: Bench) -> None:
    def impersonate(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        sandbox.write(f"{sandbox.repository}/{PRICE}", RIGHT.encode())
        author = "--author=Linus <linus@example.com>"
        sandbox.run(["git", "commit", "-a", "-m", "Trust me", author], cwd=sandbox.repository)
        return DONE

    quick.change(rounds=1)
    quick.runner = Editor(impersonate)

    result = quick.run()

    assert result.outcome == "guard_blocked"
    assert "Linus" in result.detail


def test_a_setup_command_that_fails_ends_the_run(quick: Bench) -> None:
    quick.change(setup_command="python -c 'import sys; sys.exit(\"\\x1b[31mno \\0compiler\")'")
    quick.runner = Editor(FIXED)

    result = quick.run()

    assert result.outcome == "setup_failed"
    assert result.detail == "The setup command ended with 1: no compiler"


def test_a_stranger_s_pull_request_on_our_branch_is_left_alone(quick: Bench) -> None:
    forge = quick.forge
    mirror = forge.mirror()
    stranger = Author("Mallory", "mallory@example.com")
    forge.push(mirror, mirror.empty_commit(quick.base, "Mine", stranger), BRANCH)
    forge.open_draft(branch=BRANCH, base_branch="main", title="Mine", body="", author=stranger)
    quick.runner = Editor(FIXED)

    result = quick.run()

    assert result.outcome == "branch_taken"
    assert "Pull request 1 of Mallory" in result.detail
    assert quick.only_pull().state == PullState.OPEN


def test_an_earlier_attempt_is_replaced(quick: Bench) -> None:
    quick.change(rounds=1)
    quick.runner = Editor({PRICE: RIGHT})
    first = quick.run()
    quick.memory = type(quick.memory)()
    quick.runner = Editor(FIXED)

    second = quick.run()

    assert (first.outcome, second.outcome) == ("unverified", "verified")
    newest, oldest = quick.forge.pulls()
    assert (oldest.state, newest.state) == (PullState.CLOSED, PullState.OPEN)
    assert newest.head_sha == second.head_sha


def test_a_pull_request_that_a_person_closed_is_not_pushed_to(quick: Bench) -> None:
    def close_meanwhile(name: str, round: int) -> None:
        if name == "guard":
            quick.forge.close(1)

    quick.runner = Editor(FIXED)

    result = quick.run(MemoryJournal(quick.memory, kept=close_meanwhile))

    assert result.outcome == "cancelled"
    assert "was closed in the meantime" in result.detail
    assert not quick.branch_exists()


def test_an_empty_repository_is_told(quick: Bench) -> None:
    quick.source = quick.folder / "empty"
    quick.source.mkdir()
    git(quick.source, "init", "-q", "-b", "main")

    assert quick.run().outcome == "repository_empty"


def test_a_base_branch_that_is_not_there_is_told(quick: Bench) -> None:
    quick.change(base_branch="develop")

    result = quick.run()

    assert result.outcome == "repository_unavailable"
    assert quick.left_over() == []


def test_without_isolation_nothing_runs_unless_the_project_allows_it(
    quick: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick.sandboxes, "probe", lambda: Isolation.NONE)
    quick.change(allow_unisolated=False)

    result = quick.run()

    assert result.outcome == "not_isolated"
    assert quick.left_over() == []
