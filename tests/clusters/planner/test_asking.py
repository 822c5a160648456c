"""What the evidence planner asks the maintainer, and how it heeds what was answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clusters.planner.asking import questions_of
from clusters.planner.base import Answer, ClusterEvidence, Evidence, SourceFile
from clusters.planner.evidence import EvidencePlanner
from clusters.planner.findings import find
from clusters.planner.quotes import contradict
from tests.clusters.planner.repository import CLUSTER, FILES

ONE_SIDE = "The total of the cart should not include the shipping costs of the parcel."
OTHER_SIDE = "The total of the cart should include the shipping costs of the parcel."


def about(*bodies: str) -> ClusterEvidence:
    reports = [Evidence(number, "mail", "", body) for number, body in enumerate(bodies, 1)]
    return ClusterEvidence("Totals", "", reports)


def asked(cluster: ClusterEvidence, files: list[SourceFile] | None = None) -> list[str]:
    return [one.text for one in questions_of(find(cluster, files or []))]


@pytest.mark.parametrize(
    ("one", "other", "does"),
    [
        (ONE_SIDE, OTHER_SIDE, True),
        ("The total should be 90.00 with the coupon.", "The total should be 95.00 with it.", True),
        (ONE_SIDE, ONE_SIDE, False),
        ("The total should be 90.00.", "The mail must not be sent to strangers.", False),
    ],
)
def test_what_contradicts(one: str, other: str, does: bool) -> None:
    assert contradict(one, other) is does


def test_reports_that_disagree_are_put_to_the_maintainer() -> None:
    cluster = about(f"{ONE_SIDE} It costs 5.00 and 7.00.", f"{OTHER_SIDE} It costs 5.00 and 7.00.")
    (question, *_) = questions_of(find(cluster, []))
    assert {ONE_SIDE, OTHER_SIDE} <= set(question.choices)
    decided = replace(cluster, answers=[Answer(question.text, OTHER_SIDE, chosen=True)])
    plan = EvidencePlanner().draft(decided, [])
    criteria = " ".join(criterion.text for criterion in plan.criteria)
    assert OTHER_SIDE in criteria
    assert ONE_SIDE not in criteria
    assert question.text not in asked(decided)


def test_different_versions_are_asked_about() -> None:
    cluster = about("It broke in version 2.1, 5 of 7 rows.", "In v3.0 it shows 5 of 7 rows.")
    (question,) = [q for q in questions_of(find(cluster, [])) if "versions" in q.text]
    assert question.choices == ("2.1", "3.0", "All of them")
    assert "2.1 in item 1" in question.why


def test_two_places_that_fit_equally_well_are_asked_about() -> None:
    text = "def apply_coupon(cart):\n    return cart\n"
    files = [SourceFile("shop/coupons.py", text), SourceFile("till/coupons.py", text)]
    cluster = about("apply_coupon fails for coupons of 5 and of 7.")
    (question,) = [q for q in questions_of(find(cluster, files)) if "Two places" in q.text]
    assert question.choices[:2] == ("shop/coupons.py", "till/coupons.py")
    decided = replace(cluster, answers=[Answer(question.text, "till/coupons.py", chosen=True)])
    plan = EvidencePlanner().draft(decided, files)
    assert plan.files[0].path == "till/coupons.py"


def test_without_values_the_steps_are_asked_for() -> None:
    assert any("how to reproduce" in text for text in asked(about("The page is ugly.")))


def test_never_more_than_three() -> None:
    text = "def total(cart):\n    return cart\n"
    files = [SourceFile("shop/total.py", text), SourceFile("till/total.py", text)]
    cluster = about(f"{ONE_SIDE} Version 1.0.", f"{OTHER_SIDE} Version 2.0.", "The total.")
    assert len(asked(cluster, files)) == 3


def test_a_hint_is_the_first_step_and_its_files_come_first() -> None:
    plan = EvidencePlanner().draft(
        replace(CLUSTER, hint="It is in `mail.py`, not in the cart. See ./pyproject.toml."), FILES
    )
    assert [file.path for file in plan.files[:2]] == ["src/shop/mail.py", "pyproject.toml"]
    assert plan.files[0].reason == "The maintainer names it."
    assert plan.steps[0].startswith("The maintainer asks: “It is in")
    assert len(plan.files) <= 10
    assert len({file.path for file in plan.files}) == len(plan.files)


def test_the_longest_hint_still_makes_a_plan() -> None:
    answers = [Answer("q" * 500, "a" * 2_000)] * 20
    plan = EvidencePlanner().draft(replace(CLUSTER, hint="x" * 2_000, answers=answers), FILES)
    assert plan.steps
