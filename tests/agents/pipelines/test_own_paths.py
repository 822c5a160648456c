"""What the project protects is known, or the change stays."""

from __future__ import annotations

import pytest

from agents.pipelines.guard import Change, Policy, blocks, inspect
from agents.pipelines.own_paths import NotKnown, protected
from clusters.forges.base import Author
from clusters.forges.mirrors import ChangedFile
from clusters.planner.base import Criterion, PlanDraft

SLOW = "*a" * 30 + "z"
LONG = "a" * 250
PLAN = PlanDraft(summary="Fix it", steps=["Do it"], criteria=[Criterion(text="It works")])


def test_patterns_are_those_of_git() -> None:
    paths = ["docs/a.md", "docs/keep.md", "src/docs.py", "yarn.lock", "web/yarn.lock"]

    assert protected(["docs/", "!docs/keep.md", "*.lock"], paths) == {
        "docs/a.md",
        "yarn.lock",
        "web/yarn.lock",
    }
    assert protected([], paths) == frozenset()


@pytest.mark.timeout(30)
def test_a_pattern_that_takes_for_ever_is_given_up() -> None:
    with pytest.raises(NotKnown, match="fewer stars"):
        protected([SLOW], [LONG], seconds=2.0)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("pattern", [pytest.param(SLOW, marks=pytest.mark.slow), "!"])
def test_what_is_not_known_keeps_the_change_back(pattern: str) -> None:
    file = ChangedFile(path=LONG, added=1, removed=0, mode="100644", status="added", binary=False)

    findings = inspect(Change([file], ""), PLAN, Author("A", "a@b.c"), Policy({}, [pattern]))

    assert [each.kind for each in findings if each.severity == "block"][:1] == ["protected_path"]
    assert blocks(findings)
