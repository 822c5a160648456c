"""A description by a model that has read the reports; only what is in them is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.resources import files as resources
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from clusters.describing.base import Description, Quote, Report, shortened
from clusters.describing.extracts import most_telling
from clusters.describing.prose import title_of
from clusters.planner.fencing import Fence, visible

if TYPE_CHECKING:
    from pydantic_ai.models import Model

_REPORTS = 30
_BODY = 1_500  # characters of one report
_RETRIES = 2  # answers that have not the form asked for and are sent back
_REQUESTS = 4
_TIMEOUT = 90.0  # seconds for all requests together
_QUOTES = 3


class Cited(BaseModel):
    """A sentence with the report that it is from."""

    text: str = Field(min_length=1, max_length=400)
    item: int


class Answer(BaseModel):
    """What the model is asked for."""

    title: str = Field(min_length=3, max_length=200)
    summary: str = Field(min_length=3, max_length=1_500)
    quotes: list[Cited] = Field(min_length=1, max_length=6)
    actionability: Literal["actionable", "needs_info", "not_actionable"]
    reason: str = Field(min_length=3, max_length=400)


class NotDescribed(Exception):
    """The model gave no description that could be used; the text is a sentence."""


class Described(BaseModel):
    """A model's description, checked, and what it took."""

    title: str
    summary: str
    quotes: list[Cited]
    actionability: str
    reason: str
    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0

    @property
    def description(self) -> Description:
        """Title, summary and quotes."""
        return Description(
            self.title, self.summary, [Quote(one.text, one.item) for one in self.quotes]
        )


class Describer:
    """Asks a model. `model` makes it, so that its library is imported only when it is wanted."""

    def __init__(self, name: str, model: Callable[[], Model], timeout: float = _TIMEOUT) -> None:
        self.name = name
        self._model = model
        self._timeout = timeout

    def describe(self, reports: Sequence[Report]) -> Described:
        """What the reports have in common; raises NotDescribed, whatever went wrong."""
        # Takes a second to import, which a web process should not pay.
        from pydantic_ai import Agent
        from pydantic_ai.usage import UsageLimits

        chosen, fence = most_telling(reports)[:_REPORTS], Fence()
        try:
            agent = Agent(
                self._model(), output_type=Answer, instructions=_rules(fence), retries=_RETRIES
            )
            limits = UsageLimits(request_limit=_REQUESTS)
            result = agent.run_sync(_task(chosen, fence), usage_limits=limits, timeout=self._timeout)  # fmt: skip
        except Exception as error:
            # Providers, networks and keys fail in more ways than the library has classes for, and
            # the reporters' own words are there for each of them.
            raise NotDescribed(
                f"The model gave no description ({type(error).__name__})."
            ) from error
        used = result.usage
        return _checked(result.output, chosen).model_copy(
            update={
                "requests": used.requests,
                "tokens_in": used.input_tokens,
                "tokens_out": used.output_tokens,
            }
        )


def _rules(fence: Fence) -> str:
    template = resources("clusters.describing.prompts").joinpath("describe.md").read_text("utf-8")
    return template.replace("{rule}", fence.rule)


def _task(reports: Sequence[Report], fence: Fence) -> str:
    parts = [f"Report {one.id}: {one.title}\n{one.body[:_BODY]}" for one in reports]
    return f"{fence.around(chr(10).join(parts))}\n\nDescribe what these reports have in common."


def _checked(answer: Answer, reports: Sequence[Report]) -> Described:
    """The answer with the quotes that really stand in the reports they are said to be from."""
    said = {one.id: _flat(f"{one.title} {one.body}") for one in reports}
    quotes = {
        one.item: Cited(text=" ".join(one.text.strip(' "“”').split()), item=one.item)
        for one in answer.quotes
        if _flat(one.text.strip(' "“”')) in said.get(one.item, "")
    }
    if not quotes:
        raise NotDescribed("The model quoted no sentence that stands in a report.")
    return Described(
        title=shortened(title_of(visible(answer.title))),
        summary=" ".join(visible(answer.summary).split()),
        quotes=list(quotes.values())[:_QUOTES],
        actionability=answer.actionability,
        reason=" ".join(visible(answer.reason).split()),
    )


def _flat(text: str) -> str:
    return " ".join(text.casefold().split())
