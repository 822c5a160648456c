"""All the ways for a fix to end, and what is left afterwards."""

from __future__ import annotations

PLACEHOLDER

def test_an_agent_without_commits_leaves_no_draft_and_no_branch(bench: Bench) -> None:
    bench.runner = Editor({})

    result = bench.run()

    pull = bench.only_pull()
    assert (result.outcome, result.pull_number) == ("no_changes", pull.number)
    assert pull.state == PullState.CLOSED
    assert [comment.text.split(".")[0] for comment in pull.comments] == ["Closed without a change"]
    assert not bench.branch_exists()
    assert bench.left_over() == []


def test_a_commit_that_changes_nothing_counts_as_none(bench: Bench) -> None:
    def commit_nothing(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        sandbox.run(["git", "commit", "--allow-empty", "-m", "Done"], cwd=sandbox.repository)
        return DONE

    bench.runner = Editor(commit_nothing)

    assert bench.run().outcome == "no_changes"


def test_tests_that_hang_end_the_run_before_the_agent_begins(bench: Bench) -> None:
    (bench.source / TEST).write_text("import time\n\n\ndef test_long():\n    time.sleep(100)\n")
    git(bench.source, "commit", "-q", "-a", "-m", "A test that hangs")
    editor = Editor(FIXED)
    bench.runner = editor
    bench.change(test_timeout=3.0)

    result = bench.run()

    assert (result.outcome, editor.tasks) == ("tests_hang", [])
    assert result.detail == "The tests did not end within 3 seconds."
    assert bench.memory.receipts[ReceiptKind.BASELINE, 1].status == ReceiptStatus.TIMED_OUT
    assert bench.only_pull().state == PullState.CLOSED
    assert bench.left_over() == []


def test_without_a_model_the_baseline_is_all(bench: Bench) -> None:
    result = bench.run()

    assert (result.outcome, result.pull_number) == ("no_model", None)
    assert "passed (2 passed, 0 failed)" in result.detail
    assert bench.forge.pulls() == []
    assert not bench.branch_exists()
    assert bench.left_over() == []


def test_the_guard_keeps_commits_back_and_the_draft_says_why(bench: Bench) -> None:
    bench.runner = Editor({**FIXED, ".github/workflows/release.yml": "on: push\n"})

    result = bench.run()

    pull = bench.only_pull()
    assert (result.outcome, result.head_sha) == ("guard_blocked", "")
    assert result.detail.startswith(".github/workflows/release.yml")
    assert (pull.state, pull.draft) == (PullState.OPEN, True)
    assert bench.forge.changed(pull.number) == []
    assert "kept back by the project's guard" in pull.body


def test_an_agent_that_fails_without_commits_gives_its_outcome(bench: Bench) -> None:
    def refuse(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        return Verdict(
            ok=False, reason="The provider refused the key.", outcome="agent_key_refused"
        )

    bench.runner = Editor(refuse)

    result = bench.run()

    assert (result.outcome, result.detail) == (
        "agent_key_refused",
        "The provider refused the key.",
    )
    assert bench.only_pull().state == PullState.CLOSED


def test_what_a_failing_agent_left_is_proven_all_the_same(bench: Bench) -> None:
    def write_and_fail(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        for path, text in FIXED.items():
            sandbox.write(f"{sandbox.repository}/{path}", text.encode())
        return Verdict(ok=False, reason="It crashed at the end.", outcome="agent_failed")

    bench.runner = Editor(write_and_fail)

    assert bench.run().outcome == "verified"


def test_an_agent_that_breaks_the_repository_has_failed(bench: Bench) -> None:
    def remove_git(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        sandbox.run(["rm", "-rf", ".git"], cwd=sandbox.repository)
        return DONE

    bench.runner = Editor(remove_git)

    result = bench.run()

    assert result.outcome == "agent_failed"
    assert bench.only_pull().state == PullState.CLOSED


def test_an_agent_on_a_branch_of_its_own_is_followed(bench: Bench) -> None:
    def branch_off(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        sandbox.run(["git", "checkout", "-b", "elsewhere"], cwd=sandbox.repository)
        for path, text in FIXED.items():
            sandbox.write(f"{sandbox.repository}/{path}", text.encode())
        return DONE

    bench.runner = Editor(branch_off)

    assert bench.run().outcome == "verified"


def test_commits_in_another_name_are_kept_back(bench: Bench) -> None:
    def impersonate(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        sandbox.write(f"{sandbox.repository}/{PRICE}", RIGHT.encode())
        author = "--author=Linus <linus@example.com>"
        sandbox.run(["git", "commit", "-a", "-m", "Trust me", author], cwd=sandbox.repository)
        return DONE

    bench.change(rounds=1)
    bench.runner = Editor(impersonate)

    result = bench.run()

    assert result.outcome == "guard_blocked"
    assert "Linus" in result.detail


def test_a_setup_command_that_fails_ends_the_run(bench: Bench) -> None:
    bench.change(setup_command="python -c 'import sys; sys.exit(\"no compiler\")'")
    bench.runner = Editor(FIXED)

    result = bench.run()

    assert result.outcome == "setup_failed"
    assert result.detail == "The setup command ended with 1: no compiler"


def test_a_stranger_s_pull_request_on_our_branch_is_left_alone(bench: Bench) -> None:
    forge = bench.forge
    mirror = forge.mirror()
    stranger = Author("Mallory", "mallory@example.com")
    forge.push(mirror, mirror.empty_commit(bench.base, "Mine", stranger), BRANCH)
    forge.open_draft(branch=BRANCH, base_branch="main", title="Mine", body="", author=stranger)
    bench.runner = Editor(FIXED)

    result = bench.run()

    assert result.outcome == "no_write_access"
    assert "Pull request 1 of Mallory" in result.detail
    assert bench.only_pull().state == PullState.OPEN


def test_an_earlier_attempt_is_replaced(bench: Bench) -> None:
    bench.change(rounds=1)
    bench.runner = Editor({PRICE: RIGHT})
    first = bench.run()
    bench.memory = type(bench.memory)()
    bench.runner = Editor(FIXED)

    second = bench.run()

    assert (first.outcome, second.outcome) == ("unverified", "verified")
    newest, oldest = bench.forge.pulls()
    assert (oldest.state, newest.state) == (PullState.CLOSED, PullState.OPEN)
    assert newest.head_sha == second.head_sha


def test_a_pull_request_that_a_person_closed_is_not_pushed_to(bench: Bench) -> None:
    def close_meanwhile(name: str, round: int) -> None:
        if name == "guard":
            bench.forge.close(1)

    bench.runner = Editor(FIXED)

    result = bench.run(MemoryJournal(bench.memory, kept=close_meanwhile))

    assert result.outcome == "cancelled"
    assert "was closed in the meantime" in result.detail
    assert not bench.branch_exists()


def test_an_empty_repository_is_told(bench: Bench) -> None:
    bench.source = bench.folder / "empty"
    bench.source.mkdir()
    git(bench.source, "init", "-q", "-b", "main")

    assert bench.run().outcome == "repository_empty"


def test_a_base_branch_that_is_not_there_is_told(bench: Bench) -> None:
    bench.change(base_branch="develop")

    result = bench.run()

    assert result.outcome == "repository_unavailable"
    assert bench.left_over() == []


def test_without_isolation_nothing_runs_unless_the_project_allows_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.sandboxes, "probe", lambda: Isolation.NONE)
    bench.change(allow_unisolated=False)

    result = bench.run()

    assert result.outcome == "not_isolated"
    assert bench.left_over() == []
