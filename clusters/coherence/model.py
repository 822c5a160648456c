"""A model judges whether one change could settle all reports of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files as resources
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from clusters.describing.base import Report
from clusters.planner.fencing import Fence, visible

if TYPE_CHECKING:
    from pydantic_ai.models import Model

MOST = 30  # reports
_BODY = 600  # characters of one report
_REASON = 200
_RETRIES = 1  # answers that have not the form asked for and are sent back
_REQUESTS = 3
_TIMEOUT = 60.0  # seconds for all requests together


class Answer(BaseModel):
    """What the model is asked for."""

    verdict: Literal["one", "several", "unsure"]
    reason: str = Field(min_length=3, max_length=600)
    groups: list[list[int]] = Field(default_factory=list, max_length=20)


class NotJudged(Exception):
    """The model gave no judgement that could be used; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the model found, checked: `groups` are at least two and hold known reports once."""

    verdict: str
    reason: str
    groups: list[list[int]]


class Judge:
    """Asks a model. `model` makes it, so that its library is imported only when it is wanted."""

    def __init__(self, name: str, model: Callable[[], Model], timeout: float = _TIMEOUT) -> None:
        self.name = name
        self._model = model
        self._timeout = timeout

    def judge(self, reports: Sequence[Report]) -> Judgement:
        """Whether the reports are one matter; raises NotJudged, whatever went wrong."""
        # Takes a second to import, which a web process should not pay.
        from pydantic_ai import Agent
        from pydantic_ai.usage import UsageLimits

        chosen, fence = reports[:MOST], Fence()
        try:
            agent = Agent(
                self._model(), output_type=Answer, instructions=_rules(fence), retries=_RETRIES
            )
            limits = UsageLimits(request_limit=_REQUESTS)
            result = agent.run_sync(_task(chosen, fence), usage_limits=limits, timeout=self._timeout)  # fmt: skip
        except Exception as error:
            # Providers, networks and keys fail in more ways than the library has classes for, and
            # the rule that needs no model is there for each of them.
            raise NotJudged(f"The model gave no judgement ({type(error).__name__}).") from error
        return _checked(result.output, {report.id for report in chosen})


def _rules(fence: Fence) -> str:
    template = resources("clusters.coherence.prompts").joinpath("judge.md").read_text("utf-8")
    return template.replace("{rule}", fence.rule)


def _task(reports: Sequence[Report], fence: Fence) -> str:
    parts = [f"Report {one.id}: {one.title}\n{one.body[:_BODY]}" for one in reports]
    return f"{fence.around(chr(10).join(parts))}\n\nCould one pull request settle all of these?"


def _checked(answer: Answer, known: set[int]) -> Judgement:
    """The answer without reports that are not there or come twice."""
    left = set(known)
    groups = []
    for group in answer.groups:
        mine = [item for item in dict.fromkeys(group) if item in left]
        left -= set(mine)
        groups.append(mine)
    groups = [group for group in groups if group]
    verdict = answer.verdict
    if verdict != "several" or len(groups) < 2:
        groups = []
        verdict = "unsure" if verdict == "several" else verdict
    reason = " ".join(visible(answer.reason).split())
    shortened = reason if len(reason) <= _REASON else reason[: _REASON - 1].rstrip() + "…"
    return Judgement(verdict, shortened, groups)
