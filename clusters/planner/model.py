"""A plan by a model that has read the reports and the files the evidence points at."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pydantic import ValidationError

from clusters.planner.base import (
    CandidateFile,
    ClusterEvidence,
    PlanDraft,
    PlannerError,
    SourceFile,
)
from clusters.planner.context import instructions, task
from clusters.planner.evidence import plan_of
from clusters.planner.findings import find

if TYPE_CHECKING:
    from pydantic_ai.models import Model

_RETRIES = 2  # answers that are no plan and are sent back with what is wrong
_REQUESTS = 4
_TIMEOUT = 180.0  # seconds for all requests together


class ModelPlanner:
    """Has a model improve on the evidence plan, and keeps of the answer only what is real.

    `model` may be a function, so that keys are read and libraries imported when a plan is wanted.
    """

    made_by = "model"

    def __init__(
        self,
        model: Model | Callable[[], Model],
        timeout: float = _TIMEOUT,
    ) -> None:
        self._model = model
        self._timeout = timeout

    def draft(self, cluster: ClusterEvidence, files: Sequence[SourceFile]) -> PlanDraft:
        """The model's plan; raises PlannerError, whatever went wrong."""
        found = find(cluster, files)
        fence = secrets.token_hex(12)
        answer = self._ask(instructions(fence), task(found, plan_of(found), fence))
        return _real(answer, cluster, files)

    def _ask(self, rules: str, question: str) -> PlanDraft:
        # Takes a second to import, which a web process without a model should not pay.
        from pydantic_ai import Agent
        from pydantic_ai.usage import UsageLimits

        try:
            model = self._model() if callable(self._model) else self._model
            agent = Agent(model, output_type=PlanDraft, instructions=rules, retries=_RETRIES)
            limits = UsageLimits(request_limit=_REQUESTS)
            return agent.run_sync(question, usage_limits=limits, timeout=self._timeout).output
        except Exception as error:
            # Providers, networks and keys fail in more ways than the library has classes for,
            # and a plan from the evidence is there for each of them.
            raise PlannerError(_sentence(error)) from error


def _sentence(error: Exception) -> str:
    """What went wrong, without the provider's own words: they may repeat the prompt or a key."""
    from pydantic_ai import exceptions as ai

    status = getattr(error, "status_code", None)
    if status in {401, 403}:
        return "The provider refused the key."
    if status == 429:
        return "The provider's rate or spending limit is reached."
    if isinstance(status, int):
        return f"The provider answered with status {status}."
    if isinstance(error, ai.UsageLimitExceeded):
        return f"It had not written a valid plan after {_REQUESTS} requests."
    if isinstance(error, ai.UnexpectedModelBehavior):
        return "Its answers did not have the form of a plan."
    if isinstance(error, TimeoutError | ai.RunTimedOut):
        return "It took too long."
    return f"The request to the provider failed ({type(error).__name__})."


def _real(answer: PlanDraft, cluster: ClusterEvidence, files: Sequence[SourceFile]) -> PlanDraft:
    """The answer without files and reports that do not exist."""
    paths = {file.path for file in files}
    ids = {item.id for item in cluster.items}
    kept = [file for file in answer.files if file.path in paths]
    if paths and not kept:
        raise PlannerError("It named no file of the repository that would have to change.")
    content = answer.model_dump()
    content["files"] = _once(kept)
    content["tests"] = _once([file for file in answer.tests if file.path in paths])
    for part in (*content["hypotheses"], *content["criteria"]):
        part["evidence"] = list(dict.fromkeys(one for one in part["evidence"] if one in ids))
    try:
        return PlanDraft.model_validate(content)
    except ValidationError as error:
        raise PlannerError("What was left of its plan is not complete.") from error


def _once(files: Sequence[CandidateFile]) -> list[CandidateFile]:
    return list({file.path: file for file in files}.values())
