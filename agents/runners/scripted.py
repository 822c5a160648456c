"""The built-in agent with a recorded model: real files, commits and tests, only the words are old."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agents.runners.base import AgentEvent, Listener, Task, Usage, Verdict
from agents.runners.builtin import BuiltinRunner
from agents.runners.transcript import Turn, load_transcript
from agents.sandboxes.base import Sandbox

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelResponse
    from pydantic_ai.models import Model
    from pydantic_ai.models.function import AgentInfo

NOTHING_MORE = Turn(say="The recorded transcript has nothing more to say.")


class ScriptedRunner:
    """Replays the transcript in a file; raises TranscriptError when it begins."""

    name = "scripted"
    title = "Recorded transcript"

    def __init__(self, transcript: Path, *, test_timeout: float = 300.0) -> None:
        self._path = transcript
        self._test_timeout = test_timeout

    def work(self, task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        """See HostedRunner."""
        transcript = load_transcript(self._path)
        rounds = [*transcript.rounds, transcript.plan]
        turns = transcript.turns(task.round, plan_only=task.plan_only)
        agent = BuiltinRunner(
            lambda: _recorded(turns, task.round),
            request_limit=max(map(len, rounds)) + 1,
            test_timeout=self._test_timeout,
        )
        return agent.work(task, sandbox, _Uncounted(listener))


class _Uncounted:
    """The listener without usage: nobody was asked, so no tokens were spent."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.beat = listener.beat
        self.recall = listener.recall
        self.remember = listener.remember

    def emit(self, event: AgentEvent) -> None:
        if not isinstance(event, Usage):
            self._listener.emit(event)


def _recorded(turns: Sequence[Turn], round_number: int) -> Model:
    from pydantic_ai.models.function import FunctionModel

    def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return _response(turns, round_number, _position(messages))

    return FunctionModel(answer, model_name="recorded-transcript")


def _position(messages: list[ModelMessage]) -> int:
    """How many answers of this round the history holds: no counter, which a restart would lose."""
    from pydantic_ai.messages import ModelResponse, UserPromptPart

    position = 0
    for message in messages:
        if isinstance(message, ModelResponse):
            position += 1
        elif any(isinstance(part, UserPromptPart) for part in message.parts):
            position = 0
    return position


def _response(turns: Sequence[Turn], round_number: int, position: int) -> ModelResponse:
    from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart

    turn = turns[position] if position < len(turns) else NOTHING_MORE
    calls = [
        ToolCallPart(call.tool, call.args, tool_call_id=f"round{round_number}-{position}-{index}")
        for index, call in enumerate(turn.calls)
    ]
    return ModelResponse(parts=[TextPart(turn.say), *calls])
