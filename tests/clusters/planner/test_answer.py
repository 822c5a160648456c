"""A plan in an agent's words is read strictly, and nothing in it is believed that is not there."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.planner.answer import questions_in, read, real
from clusters.planner.base import PlannerError
from tests.clusters.planner.repository import CLUSTER, FILES
from tests.clusters.planner.test_model import PLAN

PATHS = [file.path for file in FILES]


def said(plan: object) -> str:
    return f"I looked around.\n\n```json\n{json.dumps(plan, indent=1)}\n```\n"


def test_the_last_plan_counts_whatever_stands_around_it() -> None:
    words = f"{said({**PLAN, 'summary': 'An earlier one.'})}\nNo, better:\n{said(PLAN)}\nDone."
    assert read(words).summary == PLAN["summary"]
    assert read(json.dumps(PLAN)).summary == PLAN["summary"]


def test_files_and_reports_that_are_not_there_are_left_out() -> None:
    draft = real(read(said(PLAN)), CLUSTER, PATHS)
    assert [file.path for file in draft.files] == ["src/shop/cart.py"]
    assert draft.hypotheses[0].evidence == [13]


def test_questions_come_along() -> None:
    asked = {**PLAN, "questions": [{"text": "Which\u200b one?", "choices": ["A", "\u200b"]}]}
    (question,) = questions_in(read(said(asked)))
    assert (question.text, question.choices) == ("Which one?", ["A"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("", "hold no JSON object"),
        ("I could not find the cause.", "hold no JSON object"),
        ('```json\n{"summary": \n```', "hold no JSON object"),
        (said({"summary": "x"}), "is no plan: steps"),
        (said({**PLAN, "command": "rm"}), "is no plan: command"),
        (said({**PLAN, "steps": "all"}), "is no plan: steps"),
        (said([PLAN]), "hold no JSON object"),
        (said({**PLAN, "questions": [{"text": "?"}] * 4}), "is no plan: questions"),
    ],
)
def test_what_is_no_plan_is_refused_and_said(words: str, told: str) -> None:
    with pytest.raises(PlannerError, match=told):
        read(words)


def test_an_earlier_plan_does_not_stand_in_for_a_broken_later_one() -> None:
    with pytest.raises(PlannerError):
        read(said(PLAN) + said({**PLAN, "steps": []}))


def test_a_plan_without_a_real_file_is_refused() -> None:
    invented = {**PLAN, "files": [{"path": "../../etc/passwd", "reason": "x"}]}
    with pytest.raises(PlannerError, match="no file of the repository"):
        real(read(said(invented)), CLUSTER, PATHS)


@given(st.text(alphabet='{}[]"\n`json:, \\u0041', max_size=300))
def test_nothing_that_an_agent_says_breaks_it(words: str) -> None:
    with pytest.raises(PlannerError):
        read(words)


def test_deep_and_endless_words_end() -> None:
    for words in ("{" * 300_000, "\n{" * 100_000, '{"a":' * 50_000, "[" * 100_000):
        with pytest.raises(PlannerError):
            read(words)
