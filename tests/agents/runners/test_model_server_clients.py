"""The scripted model provider speaks to real client libraries."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import anthropic
import openai
import pytest
from pydantic_ai.models.openai import OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

from agents.runners.base import Task
from agents.runners.builtin import BuiltinRunner
from clusters.planner.providers import model_factory
from tests.stand_ins.directory_sandbox import DirectorySandbox
from tests.stand_ins.listener import KeepingListener
from tests.stand_ins.model_server import (
    BAD_KEY,
    SCENARIOS,
    ModelServer,
    Step,
    mark,
    model_server,
)

if TYPE_CHECKING:
    from pydantic_ai.models import Model

SCRIPT = [
    Step("I look.", "read", {"path": "calc.py"}),
    Step("I change it.", "edit", {"path": "calc.py", "old": "a - b", "new": "a + b"}),
    Step("Done."),
]
SHELL: dict[str, Any] = {"command": {"type": "string"}}


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server(SCENARIOS) as server:
        yield server


def responses_model(server: ModelServer, key: str) -> Model:
    provider = OpenAIProvider(api_key=key, base_url=f"{server.url}/v1")
    return OpenAIResponsesModel("some", provider=provider)


CLIENTS: dict[str, Callable[[ModelServer, str], Model]] = {
    "anthropic": lambda server, key: model_factory("anthropic:some", key, server.url)(),
    "chat": lambda server, key: model_factory("openai:some", key, f"{server.url}/v1")(),
    "responses": responses_model,
}
every_client = pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)


@every_client
def test_the_builtin_agent_works_over_the_wire(
    sandbox: DirectorySandbox, task: Task, client: Callable[[ModelServer, str], Model]
) -> None:
    with model_server(SCRIPT) as server:
        listener = KeepingListener()
        verdict = BuiltinRunner(lambda: client(server, "key")).work(task, sandbox, listener)
        assert len(server.asked()) == len(SCRIPT)
    assert verdict.reason == "Done."
    assert b"a + b" in sandbox.read(f"{sandbox.repository}/calc.py")


@every_client
def test_a_refused_key_is_an_outcome(
    sandbox: DirectorySandbox, task: Task, client: Callable[[ModelServer, str], Model]
) -> None:
    with model_server(SCRIPT) as server:
        runner = BuiltinRunner(lambda: client(server, BAD_KEY))
        verdict = runner.work(task, sandbox, KeepingListener())
    assert verdict.outcome == "agent_key_refused"


def test_anthropic_streams_are_understood(server: ModelServer) -> None:
    client = anthropic.Anthropic(api_key="k", base_url=server.url)
    with client.messages.stream(
        model="some",
        max_tokens=100,
        messages=[{"role": "user", "content": mark("fix")}],
        tools=[
            {"name": "Read", "input_schema": {"type": "object", "properties": {"file_path": {}}}}
        ],
    ) as stream:
        message = stream.get_final_message()
    words, call = message.content
    assert (words.type, call.type) == ("text", "tool_use")
    assert call.type == "tool_use"
    assert call.input == {"file_path": "calc.py"}
    usage, tokens = message.usage, server.tokens()
    assert usage.cache_creation_input_tokens == tokens.written > 0
    assert usage.input_tokens == tokens.input - tokens.written - tokens.cached
    assert usage.output_tokens == tokens.output


def test_chat_streams_are_understood(server: ModelServer) -> None:
    client = openai.OpenAI(api_key="k", base_url=f"{server.url}/v1")
    chunks = list(
        client.chat.completions.create(
            model="some",
            messages=[{"role": "user", "content": mark("fix")}],
            tools=[
                {"type": "function", "function": {"name": "bash", "parameters": object_of(SHELL)}}
            ],
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == "I look."
    calls = [call for delta in deltas for call in delta.tool_calls or []]
    assert json.loads(
        "".join(call.function.arguments or "" for call in calls if call.function)
    ) == {"command": "cat calc.py"}
    usage = chunks[-1].usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens) == (
        server.tokens().input,
        server.tokens().output,
    )


def test_responses_streams_are_understood(server: ModelServer) -> None:
    client = openai.OpenAI(api_key="k", base_url=f"{server.url}/v1")
    with client.responses.stream(
        model="some",
        input=mark("fix"),
        tools=[
            {
                "type": "function",
                "name": "exec_command",
                "parameters": object_of({"cmd": {}}),
                "strict": False,
            }
        ],
    ) as stream:
        response = stream.get_final_response()
    assert response.output_text == "I look."
    assert response.output[-1].type == "function_call"
    assert response.usage is not None
    assert response.usage.input_tokens == server.tokens().input


def object_of(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties}
