"""The agent's conversation as it is stored after every node, so that any worker can go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import get_args

from pydantic import TypeAdapter
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.usage import RunUsage

from agents.runners.base import AgentEvent, Listener, Task

KEY = "conversation"
StoredEvent = tuple[str, dict[str, str | int | float | bool | None]]
_EVENTS = {event.__name__: event for event in get_args(AgentEvent)}


def stored_event(event: AgentEvent) -> StoredEvent:
    """An event as JSON can hold it."""
    return type(event).__name__, asdict(event)


def event_of(stored: StoredEvent) -> AgentEvent:
    """The event again."""
    name, values = stored
    event: AgentEvent = _EVENTS[name](**values)
    return event


@dataclass(slots=True)
class Conversation:
    """Everything said so far, in all rounds; `usage` and `told` are of this round only.

    `told` are the events of the turns that have ended, as they were told. The next worker tells
    them all again, and whoever listens knows which of them are new. `failed` is the outcome and
    the reason of a round that an error has ended.
    """

    round: int = 0
    messages: list[ModelMessage] = field(default_factory=list)
    usage: RunUsage = field(default_factory=RunUsage)
    told: list[StoredEvent] = field(default_factory=list)
    failed: tuple[str, str] | None = None

    def add(self, events: Sequence[AgentEvent]) -> None:
        """A turn has ended in which these were told."""
        self.told += map(stored_event, events)

    def tell(self, listener: Listener) -> None:
        """Tell the turns that have ended again."""
        for event in self.told:
            listener.emit(event_of(event))

    def last_words(self) -> str | None:
        """The final text when the agent has ended the round; None while it is at work."""
        last = self.messages[-1] if self.messages else None
        if not isinstance(last, ModelResponse) or _calls(last):
            return None
        return "".join(part.content for part in last.parts if isinstance(part, TextPart))

    def continues(self, task: Task) -> bool:
        """A worker before this one has begun the task's round."""
        return bool(self.messages) and self.round == task.round

    def begin(self, task: Task) -> None:
        """Turn to a new round. Calls left open by an aborted round would block a new prompt."""
        if (
            self.messages
            and self.last_words() is None
            and isinstance(self.messages[-1], ModelResponse)
        ):
            self.messages.pop()
        self.round = task.round
        self.usage = RunUsage()
        self.told = []
        self.failed = None


_STORED: TypeAdapter[Conversation] = TypeAdapter(Conversation)


def _calls(response: ModelResponse) -> Sequence[ToolCallPart]:
    return [part for part in response.parts if isinstance(part, ToolCallPart)]


def load(listener: Listener) -> Conversation:
    """The stored conversation, or an empty one."""
    stored = listener.recall(KEY)
    return _STORED.validate_json(stored) if stored else Conversation()


def save(listener: Listener, conversation: Conversation) -> None:
    """Store the conversation."""
    listener.remember(KEY, _STORED.dump_json(conversation).decode())
