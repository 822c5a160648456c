"""A budget that is used up: what was done so far is kept, and the end says why."""

from __future__ import annotations

import pytest

from agents.runners.base import AgentEvent, BudgetSpent, Listener, Task, Usage, Verdict
from agents.sandboxes.base import Sandbox
from tests.agents.pipelines.agents_of_tests import Editor, Round
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.journal import MemoryJournal
from tests.agents.pipelines.projects import CHECK, NEW_CHECK, PRICE, RIGHT, WRONG

pytestmark = pytest.mark.slow

SAID = "The job's budget of $2.00 is used up: it cost $2.10 so far."


class Tight(MemoryJournal):
    """A job whose budget is used up by the first exchange."""

    def emit(self, event: AgentEvent, source: str = "") -> None:
        super().emit(event, source)
        if isinstance(event, Usage):
            raise BudgetSpent(SAID)


def writes(files: dict[str, str]) -> Round:
    """A round that changes files and is stopped before it says that it is done."""

    def work(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        for path, text in files.items():
            sandbox.write(f"{sandbox.repository}/{path}", text.encode())
        listener.emit(Usage(1000, 1000))
        raise AssertionError("the budget ended this round")

    return work


def test_an_unproven_change_is_kept_in_the_draft(quick: Bench) -> None:
    agent = quick.runner = Editor(writes({PRICE: WRONG, CHECK: NEW_CHECK}))
    result = quick.run(Tight(quick.memory))
    pull = quick.only_pull()
    assert (result.outcome, result.verified) == ("budget_spent", False)
    assert result.detail.startswith(SAID)
    assert len(agent.tasks) == 1  # no further round
    assert (pull.state, pull.draft, pull.head_sha) == ("open", True, result.head_sha)
    assert "**The agent was stopped.**" in pull.body
    assert "is used up" in pull.body
    assert quick.left_over() == []


def test_a_proven_change_is_proven_all_the_same(quick: Bench) -> None:
    quick.runner = Editor(writes({PRICE: RIGHT, CHECK: NEW_CHECK}))
    result = quick.run(Tight(quick.memory))
    assert (result.outcome, result.verified) == ("verified", True)
    assert not quick.only_pull().draft


def test_without_commits_the_draft_is_closed_and_says_why(quick: Bench) -> None:
    quick.runner = Editor(writes({}))
    result = quick.run(Tight(quick.memory))
    pull = quick.only_pull()
    assert (result.outcome, result.head_sha) == ("budget_spent", "")
    assert pull.state == "closed"
    assert "is used up" in pull.comments[-1].text
    assert not quick.branch_exists()


def test_a_second_round_that_adds_nothing_keeps_the_first(quick: Bench) -> None:
    quick.runner = Editor({PRICE: WRONG, CHECK: NEW_CHECK}, writes({}))
    result = quick.run(Tight(quick.memory))
    assert result.outcome == "budget_spent"
    assert quick.only_pull().head_sha == result.head_sha
    assert quick.only_pull().draft
