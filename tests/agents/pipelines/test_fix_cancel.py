"""Cancelled jobs, lost leases and errors: what is cleaned up, and what is left alone."""

from __future__ import annotations

PLACEHOLDER

STEPS = [
    "preflight",
    "provision",
    "checkout",
    "draft_pr",
    "setup",
    "baseline",
    "agent",
    "verify",
    "guard",
    "publish",
]


@pytest.mark.parametrize("step", [*STEPS, "publish"])
def test_a_cancelled_job_leaves_no_sandbox_no_draft_and_no_branch(bench: Bench, step: str) -> None:
    def cancel(name: str, round: int) -> None:
        if name == step:
            raise Cancelled

    bench.runner = Editor(FIXED)

    with pytest.raises(Cancelled):
        bench.run(MemoryJournal(bench.memory, begun=cancel))

    assert bench.left_over() == []
    assert [pull.state for pull in bench.forge.pulls()] in ([], [PullState.CLOSED])
    assert not bench.branch_exists()


def test_a_job_that_is_cancelled_after_its_push_keeps_the_commits(bench: Bench) -> None:
    def cancel(name: str, round: int) -> None:
        if name == "finish":
            raise Cancelled

    bench.runner = Editor(FIXED)

    with pytest.raises(Cancelled):
        bench.run(MemoryJournal(bench.memory, begun=cancel))

    assert bench.left_over() == []
    assert bench.only_pull().state == PullState.OPEN
    assert bench.branch_exists()


def test_a_cancel_reaches_a_command_that_says_nothing(bench: Bench) -> None:
    (bench.source / TEST).write_text("import time\n\n\ndef test_long():\n    time.sleep(100)\n")
    git(bench.source, "commit", "-q", "-a", "-m", "A test that hangs")

    def cancel() -> None:
        if "baseline" in bench.memory.worked:
            raise Cancelled

    with pytest.raises(Cancelled):
        bench.run(MemoryJournal(bench.memory, beaten=cancel))

    assert bench.left_over() == []


def test_a_lost_lease_leaves_everything_to_the_new_owner(bench: Bench) -> None:
    def lose(name: str, round: int) -> None:
        if name == "agent":
            raise LeaseLost

    bench.runner = Editor(FIXED)
    with pytest.raises(LeaseLost):
        bench.run(MemoryJournal(bench.memory, begun=lose))
    assert len(bench.left_over()) == 1
    assert bench.only_pull().state == PullState.OPEN

    assert bench.run().outcome == "verified"


def test_an_error_that_nobody_foresaw_is_raised_after_cleaning_up(bench: Bench) -> None:
    def explode(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        raise ZeroDivisionError("a defect of the runner")

    bench.runner = Editor(explode)

    with pytest.raises(ZeroDivisionError):
        bench.run()

    assert bench.left_over() == []
    assert bench.only_pull().state == PullState.CLOSED
