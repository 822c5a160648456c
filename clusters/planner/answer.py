"""What whoever writes a plan by its own judgement answers with, and what of it is real.

The same for a model that answers in a structure and for a coding agent that answers in words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from clusters.planner.base import (
    MOST_QUESTIONS,
    CandidateFile,
    ClusterEvidence,
    PlanDraft,
    PlannerError,
    Question,
)
from clusters.planner.fencing import visible

_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
_MOST_READ = 400_000  # characters of words that a plan is looked for in
_MOST_TRIED = 40  # places at which a plan may begin
_OPENS = re.compile(r"^(?:```\w*\s*)?\{", re.MULTILINE)


class Asked(BaseModel):
    """A question to the maintainer: what depends on the answer, and likely answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: _Words
    why: str = Field(default="", max_length=500)
    choices: list[_Words] = Field(default_factory=list, max_length=4)


class PlanAnswer(PlanDraft):
    """A plan, and at most three questions to the maintainer."""

    questions: list[Asked] = Field(default_factory=list, max_length=MOST_QUESTIONS)


def questions_in(answer: PlanAnswer) -> list[Question]:
    """The questions, without what nobody sees."""
    return [
        Question(
            visible(asked.text),
            visible(asked.why),
            [visible(choice).strip() for choice in asked.choices if visible(choice).strip()],
        )
        for asked in answer.questions
    ]


def real(answer: PlanAnswer, cluster: ClusterEvidence, paths: Iterable[str]) -> PlanDraft:
    """The answer without files and reports that do not exist; raises PlannerError."""
    known = set(paths)
    ids = {item.id for item in cluster.items}
    kept = [file for file in answer.files if file.path in known]
    if known and not kept:
        raise PlannerError("It named no file of the repository that would have to change.")
    content = answer.model_dump(exclude={"questions"})
    content["files"] = _once(kept)
    content["tests"] = _once([file for file in answer.tests if file.path in known])
    for part in (*content["hypotheses"], *content["criteria"]):
        part["evidence"] = list(dict.fromkeys(one for one in part["evidence"] if one in ids))
    try:
        return PlanDraft.model_validate(content)
    except ValidationError as error:
        raise PlannerError("What was left of its plan is not complete.") from error


def read(words: str) -> PlanAnswer:
    """The last plan in an agent's words; raises PlannerError, which says what is wrong with it."""
    problem = "Its last words hold no JSON object."
    for found in _objects(words[-_MOST_READ:]):
        try:
            return PlanAnswer.model_validate(found)
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_input=False)
            place = ".".join(str(part) for part in wrong[0]["loc"])[:60]
            problem = f"Its JSON is no plan: {place}: {wrong[0]['msg'][:120]}."
            if "steps" in found:  # meant as a plan; an earlier one was taken back
                break
    raise PlannerError(problem)


def _objects(words: str) -> Iterator[dict[str, Any]]:
    """Objects that begin at the start of a line, the last one first."""
    decoder = json.JSONDecoder()
    places = [match.end() - 1 for match in _OPENS.finditer(words)][-_MOST_TRIED:]
    for place in reversed(places):
        try:
            found, _ = decoder.raw_decode(words, place)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield found


def _once(files: Sequence[CandidateFile]) -> list[CandidateFile]:
    return list({file.path: file for file in files}.values())
