"""What only a maintainer can say, found by rules: contradictions, two likely places, versions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, islice

from clusters.planner.base import MOST_QUESTIONS, Question
from clusters.planner.findings import Findings
from clusters.planner.quotes import Expectation, contradict
from clusters.planner.wording import items_text

_AS_LIKELY = 0.97  # of the best file's score
_VERSION = re.compile(
    r"\b(?:version|release|v)\s?:?\s?(\d{1,4}\.\d{1,4}(?:\.\d{1,4})?)\b", re.IGNORECASE
)
_READ = 6_000  # characters of one report
_NEITHER = "Neither: see what I write below"
_ANYWHERE = "I do not know: find out"


def questions_of(found: Findings) -> list[Question]:
    """At most three questions, those that change most of the plan first."""
    asked = {answer.question for answer in found.cluster.answers}
    every = (*_contradictions(found), *_places(found), *_versions(found), *_values(found))
    return list(islice((one for one in every if one.text not in asked), MOST_QUESTIONS))


def _contradictions(found: Findings) -> Iterator[Question]:
    for one, other in combinations(found.expected, 2):
        if set(one.items) & set(other.items) or not contradict(one.text, other.text):
            continue
        yield Question(
            "The reports disagree about what should happen. Which of them is right?",
            f"{_who(one)} and {_who(other)} cannot both be satisfied: the acceptance criteria follow your answer.",
            (one.text, other.text, _NEITHER),
        )
        return


def _who(expected: Expectation) -> str:
    return items_text(expected.items)


def _places(found: Findings) -> Iterator[Question]:
    if len(found.code) < 2:
        return
    best, next_best = found.code[:2]
    if next_best.score < _AS_LIKELY * best.score:
        return
    if best.path.rpartition("/")[0] == next_best.path.rpartition("/")[0]:
        return  # who opens the one finds the other
    yield Question(
        "Two places fit the reports equally well. Where does the cause belong?",
        "The agent begins to read there, and changes elsewhere are marked in the diff.",
        (best.path[:200], next_best.path[:200], _ANYWHERE),
    )


def _versions(found: Findings) -> Iterator[Question]:
    named: dict[str, set[int]] = {}
    for item in found.cluster.items[: found.clues.items]:
        for version in _VERSION.findall(f"{item.title}\n{item.body[:_READ]}"):
            named.setdefault(version, set()).add(item.id)
    authors = set().union(*named.values()) if named else set()
    if len(named) < 2 or len(authors) < 2:
        return
    versions = sorted(named, key=lambda one: (-len(named[one]), one))[:3]
    told = "; ".join(f"{one} in {items_text(sorted(named[one]))}" for one in versions)
    yield Question(
        "The reports name different versions. Which ones have to be corrected?",
        f"They name {told}.",
        (*versions, "All of them"),
    )


def _values(found: Findings) -> Iterator[Question]:
    if found.example is None and found.ids:
        yield Question(
            "No report says how to reproduce it. Do you know the steps, or values to test with?",
            "Without them the test that has to fail first can only be guessed.",
        )
