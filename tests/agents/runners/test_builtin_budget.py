"""A budget that is used up ends the built-in agent's round, through its model library's loop."""

from __future__ import annotations

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.usage import RequestUsage

from agents.runners.base import AgentEvent, BudgetSpent, Task, Usage
from agents.runners.builtin import BuiltinRunner
from tests.stand_ins.directory_sandbox import DirectorySandbox
from tests.stand_ins.listener import KeepingListener

USED = RequestUsage(input_tokens=100, output_tokens=7, cache_read_tokens=60, cache_write_tokens=20)


class Tight(KeepingListener):
    """A job whose budget ends with the second exchange."""

    def emit(self, event: AgentEvent) -> None:
        super().emit(event)
        if len([each for each in self.events if isinstance(each, Usage)]) == 2:
            raise BudgetSpent("The budget is used up.")


def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    asked = sum(isinstance(message, ModelResponse) for message in messages)
    call = ToolCallPart("read_file", {"path": "calc.py"}, tool_call_id=f"c{asked}")
    parts = [call] if asked < 5 else [TextPart("Done.")]
    return ModelResponse(parts=parts, usage=USED)


def test_it_ends_at_once_and_asks_the_model_nothing_more(
    sandbox: DirectorySandbox, task: Task
) -> None:
    asked = []

    def counted(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        asked.append(len(messages))
        return answer(messages, info)

    runner = BuiltinRunner(lambda: FunctionModel(counted))
    with pytest.raises(BudgetSpent, match="used up"):
        runner.work(task, sandbox, Tight())
    assert len(asked) == 2


def test_usage_names_its_model_and_what_was_cached(sandbox: DirectorySandbox, task: Task) -> None:
    listener = KeepingListener()
    BuiltinRunner(lambda: FunctionModel(answer, model_name="gpt-5")).work(task, sandbox, listener)
    told = [event for event in listener.events if isinstance(event, Usage)]
    assert set(told) == {Usage(100, 7, 60, cache_written_tokens=20, model="gpt-5")}
