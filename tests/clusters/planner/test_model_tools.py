"""The model planner against a server: it looks into the repository, asks, and is bounded."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from clusters.planner.base import Answer, Drafted, PlannerError
from clusters.planner.model import ModelPlanner
from clusters.planner.providers import model_factory
from tests import fenced
from tests.clusters.planner.repository import CLUSTER, FILES
from tests.clusters.planner.test_model import PLAN
from tests.stand_ins.model_server import ModelServer, Step, model_server

FINAL = Step("", "final_result", PLAN)
LOOKING = [
    Step("I look.", "list_files", {"folder": "src"}),
    Step("I search.", "search", {"text": "total_with_discount"}),
    Step("I read.", "read_file", {"path": "src/shop/cart.py", "start_line": 11, "end_line": 12}),
    Step("I look it up.", "find_definitions", {"name": "pay"}),
    Step("I am wrong.", "read_file", {"path": "/etc/passwd"}),
]
NAME = "anthropic:claude-sonnet-5"


def write(server: ModelServer, heard: list[str], **changes: object) -> Drafted:
    cluster = replace(CLUSTER, **changes)  # type: ignore[arg-type]
    planner = ModelPlanner(model_factory(NAME, "key", server.url), name=NAME)
    return planner.write(cluster, FILES, heard.append)


def test_it_looks_for_itself_and_people_can_follow() -> None:
    heard: list[str] = []
    with model_server([*LOOKING, FINAL]) as server:
        drafted = write(server, heard)
        told = [turn.text for turn in server.questions[-1].conversation if turn.who == "tool"]
        tokens = server.tokens()
    assert drafted.draft.files[0].path == "src/shop/cart.py"
    assert "def total_with_discount" in told[2]
    assert "src/shop/checkout.py:8: pay" in told[3]
    assert told[4] == "There is no text file of this path."
    assert "The model searches for “total_with_discount”." in heard
    audit = drafted.audit
    assert (audit.requests, audit.model) == (6, NAME)
    assert (audit.tokens_in, audit.tokens_out) == (tokens.input, tokens.output)
    assert audit.cost_usd is not None
    assert audit.cost_usd > 0
    assert len(audit.events) == len(LOOKING)


def test_it_asks_at_most_three_questions() -> None:
    asked = [{"text": "Which one?", "why": "It decides.", "choices": ["Cents", "Euros"]}]
    with model_server([Step("", "final_result", {**PLAN, "questions": asked})]) as server:
        (question,) = write(server, []).questions
    assert (question.text, list(question.choices)) == ("Which one?", ["Cents", "Euros"])
    too_many = {**PLAN, "questions": asked * 4}
    with (
        model_server([Step("", "final_result", too_many)] * 3) as server,
        pytest.raises(PlannerError, match="did not have the form of a plan"),
    ):
        write(server, [])


def test_one_that_looks_for_ever_is_told_to_end_and_then_ended() -> None:
    with model_server([Step(f"{n}", "search", {"text": "cart"}) for n in range(20)]) as server:
        with pytest.raises(PlannerError, match="after 12 requests"):
            write(server, [])
        assert len(server.questions) == 12
        assert "answer with the plan now" in server.questions[-1].conversation[-1].text


def test_the_maintainers_words_stand_outside_and_chosen_ones_inside() -> None:
    answers = [
        Answer("Which one, purple?", "Chosen purple.", chosen=True),
        Answer("Why?", "Own words."),
    ]
    with model_server([FINAL]) as server:
        write(server, [], hint="Mind the cents.", answers=answers)
        message = server.questions[-1].conversation[-1].text
    plain = fenced.outside(message)
    assert "The maintainer asks for this plan: Mind the cents." in plain
    assert "The maintainer's answer to question 2: Own words." in plain
    assert "purple" not in plain
    assert "The maintainer chose: Chosen purple." in message


def test_what_is_wrong_with_an_answer_is_said_without_its_words() -> None:
    wrong = {**PLAN, "steps": [], "colour": "purple", "summary": "purple" * 9_000}
    with model_server([Step("", "final_result", wrong), FINAL]) as server:
        write(server, [])
        told = server.questions[-1].conversation[-1].text
    assert "steps" in told
    assert "purple" not in told.replace(json.dumps(PLAN), "")
