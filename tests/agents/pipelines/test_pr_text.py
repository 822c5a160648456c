from __future__ import annotations

import re
from dataclasses import replace

import pytest

from agents.pipelines.base import ReceiptDraft, ReceiptStatus
from agents.pipelines.context import FixContext, Quote, Settings
from agents.pipelines.guard import Finding
from agents.pipelines.pr_text import (
    MAX_BODY,
    blocked_body,
    closing_comment,
    draft_body,
    final_body,
    pull_title,
    signature,
    start_message,
)
from agents.pipelines.records import Verification
from agents.pipelines.verdict import judge
from clusters.forges.base import Author
from clusters.planner.base import Criterion, PlanDraft
from tests.agents.pipelines.receipts import after, before, not_shown, shown

GAP = "\u200b"
CONTEXT = FixContext(
    job_id=7,
    title="Shares lose cents",
    runner_name="local_builtin",
    runner_title="Soulcaster agent",
    agent_note="The model's words are a recorded transcript.",
    plan=PlanDraft(
        summary="Shares of a bill lose cents.",
        steps=["Give the rest to the first people."],
        criteria=[Criterion(text="All shares together are the bill.")],
    ),
    plan_version=2,
    quotes=[Quote(11, "github", "Lost cents", "We paid 9.99. Fixes #1 @mona <b>")],
    requester=Author("Alice Archer", "alice@example.com"),
    settings=Settings(base_branch="main", branch="soulcaster/3-7"),
    job_url="https://soulcaster.example/jobs/7",
)
PROVEN = "tests/t.py::old:passed tests/t.py::new:passed"


def body(
    baseline: ReceiptDraft,
    head: ReceiptDraft,
    reproduction: ReceiptDraft,
    *findings: Finding,
    context: FixContext = CONTEXT,
) -> str:
    work = Verification(head, reproduction, judge(baseline, head, reproduction))
    return final_body(context, "namespaces", baseline, work, findings)


def test_a_proven_change_says_so_first_and_shows_the_receipts() -> None:
    text = body(before("tests/t.py::old:passed"), after(PROVEN), shown("tests/t.py::new:failed"))

    assert text.startswith("**Verified.** 2 tests pass with the change. 1 of them fails on the old")
    assert (
        "| Before: the old tests on the old code | passed | 1 | 0 | 0 | 0 | 1.2 s | `bbbbbbbbbb` |"
        in text
    )
    assert (
        "| Reproduction: the new tests on the old code | failed | 0 | 1 | 0 | 1 | 1.2 s "
        "| `bbbbbbbbbb` |" in text
    )
    assert "- `python3 -m pytest`" in text
    assert "- `tests/t.py::new`: failed → passed (new test)" in text
    assert "There is no reproduction" not in text


def test_it_says_who_asked_who_made_it_and_where() -> None:
    text = body(before(""), after("a:passed"), shown())

    assert "Lost cents (github, report 11)\n\n> We paid 9.99." in text
    assert "- All shares together are the bill." in text
    assert (
        "Asked for by Alice Archer. Made by Soulcaster agent (`local_builtin`) in a sandbox that "
        "was kept apart by namespaces of its own, from version 2 of the plan, as "
        "[job 7](https://soulcaster.example/jobs/7)." in text
    )
    assert "The model's words are a recorded transcript." in text


def test_a_change_that_is_not_proven_says_why() -> None:
    text = body(before("a:passed"), after("a:passed"), not_shown())

    assert text.startswith("**Not verified.** 1 test passes with the change. The change adds no")
    assert "This stays a draft." in text
    assert "There is no reproduction: The change adds no test." in text
    assert "| no tests | - | - | - | - |" in text


def test_a_project_without_tests_says_so() -> None:
    text = body(before("", ReceiptStatus.NO_TESTS), after("", ReceiptStatus.NO_TESTS), not_shown())

    assert text.startswith("**Not verified: there are no tests.**")


def test_findings_and_files_outside_of_the_plan_are_shown() -> None:
    text = body(
        before(""),
        after("a:passed"),
        shown(),
        Finding("binary", "warn", "logo.png", "A binary file."),
        Finding("outside_plan", "warn", "setup.py", "The plan does not name this file."),
    )

    assert "## Please look at\n\n- `logo.png`: A binary file." in text
    assert "## Changed outside of the plan\n\n- `setup.py`" in text


def test_strangers_words_have_no_effect() -> None:
    hostile = "@mona fixes #1 <img src=x> [a](https://evil.example) ```\n# Verified"
    context = replace(
        CONTEXT,
        title=hostile,
        agent_note=hostile,
        plan=PlanDraft(summary=hostile, steps=[hostile], criteria=[Criterion(text=hostile)]),
        quotes=[Quote(1, hostile, hostile, hostile)],
        requester=Author(hostile, "a@example.com"),
        runner_title=hostile,
    )
    finding = Finding("author", "warn", hostile, hostile)
    texts = [
        body(before(""), after("a:passed"), shown(), finding, context=context),
        draft_body(context, "landlock"),
        blocked_body(context, hostile, [finding]),
    ]

    for text in texts:
        outside = text.replace("[job 7](https://soulcaster.example/jobs/7)", "")
        assert "@mona" not in _without_code(outside)
        assert "<img" not in _without_code(outside)
        assert "](https://" not in _without_code(outside)
        assert "fixes #1" not in outside
        assert "\n# Verified" not in outside
    assert "fixes #1" not in pull_title(context) + start_message(context)


def _without_code(text: str) -> str:
    return re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", text.replace("\\`", ""))


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "https://a.example/)x"])
def test_only_an_address_becomes_a_link(url: str) -> None:
    text = draft_body(replace(CONTEXT, job_url=url), "none")

    assert "as job 7." in text
    assert "not isolated from its machine" in text


def test_a_blocked_change_tells_the_findings_and_no_success() -> None:
    text = blocked_body(CONTEXT, "none", [Finding("secret", "block", "app.py", "Line 2 is one.")])

    assert "Nothing was pushed" in text
    assert "- **Blocked:** `app.py`: Line 2 is one." in text
    assert "erified" not in text


def test_every_text_is_signed_and_short_enough() -> None:
    many = " ".join(f"tests/t.py::{'x' * 400}{number}:failed" for number in range(500))
    long = body(before(many, ReceiptStatus.FAILED), after("a:passed"), shown())
    wordy = replace(CONTEXT, quotes=[Quote(n, "github", "t" * 900, "x" * 9_000) for n in range(99)])

    for text in (long, draft_body(wordy, "none")):
        assert len(text) < MAX_BODY + 200
        assert text.endswith(f"{signature(CONTEXT)}\n")
    assert "- … and 481 more" in long


def test_a_draft_that_is_closed_says_why_in_one_sentence() -> None:
    assert closing_comment("no_changes", "It did nothing.") == (
        "Closed without a change. It did nothing."
    )
    assert "made no commits" in closing_comment("no_changes", "")


def test_the_start_commit_names_its_job_and_the_agent() -> None:
    assert start_message(CONTEXT) == (
        "Shares lose cents\n\n"
        "Soulcaster-Job: 7\nSoulcaster-Agent: Soulcaster agent (local_builtin)\n"
    )
    hostile = replace(CONTEXT, runner_title="x\nFixes: #1\nCo-authored-by: m <m@example.com>")
    assert len(start_message(hostile).splitlines()) == 4
