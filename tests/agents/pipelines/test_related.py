"""What an agent is told to look at besides the files of the plan."""

from __future__ import annotations

import pytest

from agents.pipelines import related
from agents.runners.base import Listener, Task, Verdict
from agents.sandboxes.base import Sandbox
from tests.agents.pipelines.agents_of_tests import DONE, Editor
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.projects import PRICE, commit


def test_files_that_changed_together_are_counted_and_large_commits_are_not() -> None:
    commits = [["a", "b"], ["a", "b", "c"], ["b", "c"], ["a", *map(str, range(40))]]

    assert related.changed_together(commits, {"a"}) == {"b": 2, "c": 1}


def test_the_history_tells_which_files_each_commit_changed(quick: Bench) -> None:
    odd = "with space\tand tab.py"
    commit(quick.source, {PRICE: "x = 1\n", odd: "y = 1\n"})
    mirror = quick.forge.mirror()

    assert sorted(mirror.touched("main", depth=1)[0]) == sorted([PRICE, odd])
    assert len(mirror.touched("main", depth=50)) == 2


@pytest.mark.slow
def test_the_agent_is_told_about_files_that_change_with_those_of_the_plan(quick: Bench) -> None:
    for number in range(2):
        commit(quick.source, {PRICE: f"x = {number}\n", "till/rounding.py": f"y = {number}\n"})
    prompts: list[str] = []

    def agent(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        prompts.append(task.prompt)
        return DONE

    quick.runner = Editor(agent)
    quick.run()

    assert "## Related files" in prompts[0]
    assert "- `till/rounding.py`" in prompts[0]
