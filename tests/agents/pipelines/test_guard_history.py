"""What is pushed is every commit of a change, so no secret may be in any of them."""

from __future__ import annotations

import pytest

from agents.pipelines.guard import MAX_COMMITS, Change, Policy, blocks, inspect
from agents.runners.base import Listener, Task, Verdict
from agents.sandboxes.base import Sandbox
from clusters.forges.base import Author
from clusters.forges.mirrors import Commit
from clusters.planner.base import Criterion, PlanDraft
from tests.agents.pipelines.agents_of_tests import DONE, Editor
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.journal import SECRET
from tests.agents.pipelines.projects import CHECK, NEW_CHECK, PRICE, RIGHT

PLAN = PlanDraft(summary="Fix it", steps=["Do it"], criteria=[Criterion(text="It works")])
ALICE = Author("Alice", "alice@example.com")
# Put together here, so that no scanner takes this file for a leak.
TOKEN = "ghp_" + "a1B2" * 9
COMMIT = ["git", "commit", "-q", "--allow-empty", "-m"]


def commits(*rounds: tuple[str, str]) -> Editor:
    """An agent that commits a file for each pair of a content and a message, and then the fix."""

    def work(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        for content, message in rounds:
            sandbox.write(f"{sandbox.repository}/{PRICE}.txt", content.encode())
            for argv in (["git", "add", "--all"], [*COMMIT, message]):
                assert sandbox.run(argv, cwd=sandbox.repository).ok
        for path, text in {PRICE: RIGHT, CHECK: NEW_CHECK}.items():
            sandbox.write(f"{sandbox.repository}/{path}", text.encode())
        assert sandbox.run(["rm", "-f", f"{PRICE}.txt"], cwd=sandbox.repository).ok
        return DONE

    return Editor(work)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "message", "told"),
    [
        (f"key = {TOKEN}\n", "Try", "A line that a later commit takes back looks like"),
        (f"key = {SECRET}\n", "Try", "takes back has a key that this job was given"),
        ("x = 1\n", f"Try\n\nWith {TOKEN}", "The message of a commit looks like"),
        ("x = 1\n", f"Try {SECRET}", "The message of a commit has a key that this job was given"),
    ],
)
def test_a_secret_that_was_taken_back_is_not_pushed(
    quick: Bench, content: str, message: str, told: str
) -> None:
    quick.runner = commits((content, message))
    result = quick.run()

    assert result.outcome == "guard_blocked"
    assert told in result.detail


@pytest.mark.slow
def test_commits_of_an_agent_may_leave(quick: Bench) -> None:
    quick.runner = commits(("x = 1\n", "Try"), ("x = 2\n", "Try again"))

    assert quick.run().outcome == "verified"


def test_a_key_of_the_job_is_found_in_the_difference() -> None:
    diff = f"--- a/a.py\n+++ b/a.py\n@@ -0,0 +1,2 @@\n+x = 1\n+y = '{SECRET}'\n"
    change = Change([], diff, knows=lambda text: SECRET in text)
    sentences = [each.sentence for each in inspect(change, PLAN, ALICE, Policy())]

    assert sentences == ["Line 2 has a key that this job was given."]


def test_what_cannot_be_read_stays() -> None:
    many = [Commit(f"{n:040x}", "x", "A", ALICE.email, "") for n in range(MAX_COMMITS + 1)]
    for change in (Change([], "", patches=None), Change([], "", messages=None)):
        assert [each.kind for each in inspect(change, PLAN, ALICE, Policy())] == ["secret"]
    findings = inspect(Change([], "", commits=many), PLAN, ALICE, Policy())
    assert [each.kind for each in findings] == ["author"]
    assert blocks(findings)
