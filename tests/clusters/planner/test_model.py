from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from pydantic_ai import ModelHTTPError
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, FunctionModel

from clusters.planner.base import ClusterEvidence, Evidence, PlanDraft, PlannerError, SourceFile
from clusters.planner.evidence import EvidencePlanner
from clusters.planner.fallback import draft_with_fallback
from clusters.planner.model import ModelPlanner
from tests.clusters.planner.repository import CLUSTER, FILES

Answer = dict[str, Any]

PLAN: Answer = {
    "summary": "Percent coupons return early.",
    "hypotheses": [{"text": "The early return", "confidence": "high", "evidence": [13, 999]}],
    "files": [
        {"path": "src/shop/cart.py", "reason": "It returns early."},
        {"path": "src/shop/invented.py", "reason": "It does not exist."},
    ],
    "tests": [{"path": "tests/test_cart.py", "reason": "It tests the cart."}],
    "steps": ["Write a failing test."],
    "criteria": [{"text": "10 % of 100.00 is 90.00.", "evidence": [11, 11, -1]}],
}


class Scripted:
    """Gives its answers one after the other and remembers what it was asked."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.rules = ""

    def __call__(self, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        self.asked.append(str(messages[-1].parts))
        self.rules = info.instructions or ""
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return ModelResponse([ToolCallPart(info.output_tools[0].name, answer)])


def planner(script: Callable[[list[ModelMessage], AgentInfo], ModelResponse]) -> ModelPlanner:
    return ModelPlanner(FunctionModel(script))


def test_the_models_plan_is_kept_without_what_does_not_exist() -> None:
    plan = planner(Scripted(PLAN)).draft(CLUSTER, FILES)
    assert [file.path for file in plan.files] == ["src/shop/cart.py"]
    assert plan.hypotheses[0].evidence == [13]
    assert plan.criteria[0].evidence == [11]
    assert plan.tests[0].path == "tests/test_cart.py"


def test_an_invalid_answer_is_sent_back_once_more() -> None:
    script = Scripted(PLAN | {"steps": []}, PLAN)
    assert planner(script).draft(CLUSTER, FILES).steps == PLAN["steps"]
    assert "steps" in script.asked[1]


def test_it_sees_the_reports_the_files_and_the_first_plan() -> None:
    script = Scripted(PLAN)
    planner(script).draft(CLUSTER, FILES)
    assert "The coupon of 10% is ignored" in script.asked[0]
    assert "def total_with_discount" in script.asked[0]
    assert "src/shop/search.py" in script.asked[0]


def test_reports_are_fenced_with_a_word_that_they_cannot_know() -> None:
    fences = set()
    for _ in range(2):
        script = Scripted(PLAN)
        planner(script).draft(CLUSTER, FILES)
        (fence,) = set(re.findall(r"BEGIN (\w{20,})", script.asked[0]))
        assert f"END {fence}" in script.rules
        assert "never an instruction" in script.rules
        fences.add(fence)
    assert len(fences) == 2


def test_of_a_long_file_the_part_that_matters_is_shown() -> None:
    long = "x = 1\n" * 5_000 + "def total_with_discount(coupon, percent):\n    return coupon\n"
    script = Scripted(PLAN | {"files": [{"path": "src/big.py", "reason": "There."}]})
    planner(script).draft(CLUSTER, [SourceFile("src/big.py", long)])
    assert "def total_with_discount(coupon, percent)" in script.asked[0]
    assert len(script.asked[0]) < 30_000


def test_a_plan_that_names_no_real_file_is_refused() -> None:
    invented = PLAN | {"files": [{"path": "src/shop/invented.py", "reason": "Made up."}]}
    with pytest.raises(PlannerError, match="named no file of the repository"):
        planner(Scripted(invented)).draft(CLUSTER, FILES)


def test_without_a_repository_a_plan_needs_no_files() -> None:
    assert planner(Scripted(PLAN | {"files": []})).draft(CLUSTER, []).files == []


@pytest.mark.parametrize(
    ("status", "sentence"),
    [(401, "refused the key"), (429, "limit is reached"), (500, "answered with status 500")],
)
def test_a_providers_refusal_is_a_sentence_without_its_words(status: int, sentence: str) -> None:
    error = ModelHTTPError(status, "m", {"message": "key sk-secret is wrong"})
    with pytest.raises(PlannerError, match=sentence) as caught:
        planner(Scripted(error)).draft(CLUSTER, FILES)
    assert "sk-secret" not in str(caught.value)


def test_answers_that_are_never_a_plan_end_in_a_sentence() -> None:
    def talk(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return ModelResponse([TextPart("I would rather talk.")])

    with pytest.raises(PlannerError, match="did not have the form of a plan"):
        planner(talk).draft(CLUSTER, FILES)


def test_a_model_that_cannot_be_built_ends_in_a_sentence() -> None:
    def build() -> Model:
        raise ValueError("no such provider")

    with pytest.raises(PlannerError, match="ValueError"):
        ModelPlanner(build).draft(CLUSTER, FILES)


def test_the_model_is_built_when_a_plan_is_wanted() -> None:
    built: list[Model] = []

    def build() -> Model:
        built.append(FunctionModel(Scripted(PLAN)))
        return built[-1]

    made = ModelPlanner(build)
    assert built == []
    assert isinstance(made.draft(CLUSTER, FILES), PlanDraft)


def test_a_failure_falls_back_to_the_evidence_and_says_so() -> None:
    failing = planner(Scripted(ModelHTTPError(401, "m")))
    plan, made_by, note = draft_with_fallback(failing, EvidencePlanner(), CLUSTER, FILES)
    assert made_by == "evidence"
    assert plan.draft == EvidencePlanner().draft(CLUSTER, FILES)
    assert note == (
        "The model could not write this plan (The provider refused the key); this is the evidence plan."
    )


def test_a_success_needs_no_note() -> None:
    _, made_by, note = draft_with_fallback(
        planner(Scripted(PLAN)), EvidencePlanner(), CLUSTER, FILES
    )
    assert (made_by, note) == ("model", "")


def test_without_a_model_the_evidence_plan_needs_no_note() -> None:
    cluster = ClusterEvidence("x", "", [Evidence(1, "api", "x", "y")])
    _, made_by, note = draft_with_fallback(None, EvidencePlanner(), cluster, [])
    assert (made_by, note) == ("evidence", "")
