"""A plan by a model that has read the reports, and looks for itself in the repository."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Self

from pydantic import (
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)

from clusters.planner.answer import PlanAnswer, questions_in, real
from clusters.planner.base import (
    Audit,
    ClusterEvidence,
    Drafted,
    Heard,
    PlanDraft,
    PlannerError,
    SourceFile,
    nobody,
)
from clusters.planner.context import instructions, task
from clusters.planner.evidence import plan_of
from clusters.planner.fencing import Fence
from clusters.planner.findings import find
from clusters.planner.prices import cost
from clusters.planner.shelf import Shelf

if TYPE_CHECKING:
    from pydantic_ai.models import Model
    from pydantic_ai.usage import RunUsage

    from clusters.planner.toolset import Desk

_RETRIES = 2  # answers that are no plan and are sent back with what is wrong
_REQUESTS = 12
_TIMEOUT = 180.0  # seconds for all requests together


class _Answer(PlanAnswer):
    """The same for a model that is told what is wrong with its answer."""

    @model_validator(mode="wrap")
    @classmethod
    def _without_an_echo(cls, value: object, build: ModelWrapValidatorHandler[Self]) -> Self:
        """What is wrong goes back to the model, but not its words: they may quote strangers."""
        try:
            return build(value)
        except ValidationError as error:
            from pydantic_ai import ModelRetry

            raise ModelRetry(_what_is_wrong(error)) from error


class ModelPlanner:
    """Has a model improve on the evidence plan, and keeps of the answer only what is real.

    `model` may be a function, so that keys are read and libraries imported when a plan is wanted.
    `name` is the model as "provider:name", for its price.
    """

    made_by = "model"

    def __init__(
        self,
        model: Model | Callable[[], Model],
        timeout: float = _TIMEOUT,
        name: str = "",
    ) -> None:
        self._model = model
        self._timeout = timeout
        self._name = name

    def draft(self, cluster: ClusterEvidence, files: Sequence[SourceFile]) -> PlanDraft:
        """The model's plan alone; raises PlannerError, whatever went wrong."""
        return self.write(cluster, files).draft

    def write(
        self, cluster: ClusterEvidence, files: Sequence[SourceFile], heard: Heard = nobody
    ) -> Drafted:
        """See Planner."""
        # Takes a second to import, which a web process without a model should not pay.
        from pydantic_ai.usage import RunUsage

        from clusters.planner.toolset import Desk

        began = time.monotonic()
        heard("The evidence is put together for the model.")
        found = find(cluster, files)
        fence, desk, usage = Fence(), Desk(Shelf(files), heard), RunUsage()
        heard("The model is asked.")
        answer = self._ask(instructions(fence), task(found, plan_of(found), fence), desk, usage)
        paths = [file.path for file in files]
        audit = self._audit(time.monotonic() - began, usage, desk.events)
        return Drafted(real(answer, cluster, paths), questions_in(answer), audit)

    def _ask(self, rules: str, question: str, desk: Desk, usage: RunUsage) -> PlanAnswer:
        from pydantic_ai import Agent
        from pydantic_ai.usage import UsageLimits

        from clusters.planner.toolset import TOOLS, Desk

        try:
            model = self._model() if callable(self._model) else self._model
            agent: Agent[Desk, _Answer] = Agent(
                model,
                deps_type=Desk,
                output_type=_Answer,
                instructions=rules,
                tools=TOOLS,
                retries=_RETRIES,
            )
            limits = UsageLimits(request_limit=_REQUESTS)
            ran = agent.run_sync(
                question, deps=desk, usage=usage, usage_limits=limits, timeout=self._timeout
            )
            return ran.output
        except Exception as error:
            # Providers, networks and keys fail in more ways than the library has classes for,
            # and a plan from the evidence is there for each of them.
            raise PlannerError(_sentence(error)) from error

    def _audit(self, seconds: float, usage: RunUsage, events: Sequence[str]) -> Audit:
        provider, _, model = self._name.partition(":")
        tokens = usage.input_tokens, usage.output_tokens
        usd = cost(provider, model, *tokens, cached=usage.cache_read_tokens) if model else None
        return Audit(round(seconds, 2), usage.requests, *tokens, usd, self._name, list(events))


def _what_is_wrong(error: ValidationError) -> str:
    """The places and what they need, without what stood there."""
    wrong = error.errors(include_url=False, include_input=False, include_context=False)
    lines = [f"- {'.'.join(map(str, one['loc']))[:100]}: {one['msg'][:200]}" for one in wrong[:20]]
    return "\n".join(["This is no plan yet. Correct these places and answer again:", *lines])


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
