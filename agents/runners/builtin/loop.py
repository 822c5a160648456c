"""One round of the built-in agent: model, tools, model, until it has nothing more to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic_ai import Agent
from pydantic_ai.exceptions import (
    AgentRunError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelHTTPError,
    UsageLimitExceeded,
    UserError,
)
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
)
from pydantic_ai.models import Model
from pydantic_ai.run import AgentRun
from pydantic_ai.usage import UsageLimits

from agents.runners.base import AgentError, Finished, Listener, Message, Task, Usage, Verdict
from agents.runners.builtin import conversation as stored
from agents.runners.builtin.conversation import Conversation
from agents.runners.builtin.toolset import READING_TOOLS, TOOLS, Desk
from agents.runners.builtin.workspace import Workspace
from agents.runners.fences import shorten
from agents.runners.prompts import agent_instructions


async def run_round(
    task: Task,
    workspace: Workspace,
    listener: Listener,
    model: Callable[[], Model],
    request_limit: int,
) -> Verdict:
    """Work on the task, or go on with it; provider errors become verdicts."""
    talk = stored.load(listener)
    resumed = talk.continues(task)
    desk = Desk(workspace, listener)
    if not resumed:
        talk.begin(task)
    talk.tell(listener)
    if talk.failed is not None:
        outcome, text = talk.failed
        return Verdict(False, text, outcome)
    words = talk.last_words() if resumed else None
    if words is not None:
        _tell(talk.messages[-1], desk)
    else:
        desk.load()
        prompt = None if resumed else _prompt(task)
        try:
            words = await _converse(talk, prompt, desk, model, request_limit, task.plan_only)
        except (AgentRunError, UserError) as error:
            return _failed(error, talk, desk, request_limit)
    listener.emit(Finished(True, words))
    return _done(words)


def _prompt(task: Task) -> str:
    """The first round asks, later rounds say what the tests showed."""
    return task.feedback if task.round > 1 and task.feedback else task.prompt


async def _converse(
    talk: Conversation,
    prompt: str | None,
    desk: Desk,
    model: Callable[[], Model],
    request_limit: int,
    plan_only: bool,
) -> str:
    agent: Agent[Desk, str] = Agent(
        model(),
        deps_type=Desk,
        instructions=agent_instructions(plan_only=plan_only),
        tools=READING_TOOLS if plan_only else TOOLS,
    )
    limits = UsageLimits(request_limit=request_limit)
    history = talk.messages or None
    async with (
        agent,
        agent.iter(
            prompt, message_history=history, deps=desk, usage=talk.usage, usage_limits=limits
        ) as run,
    ):
        async for node in run:
            desk.listener.beat()
            _store(talk, run, node, desk)
            if Agent.is_call_tools_node(node):
                _tell(node.model_response, desk)
    return run.result.output if run.result else ""


def _store(talk: Conversation, run: AgentRun[Desk, str], node: Any, desk: Desk) -> None:
    """Store what was said so far. Tool results wait in the next request: they count as said."""
    messages = list(run.all_messages())
    pending = node.request if Agent.is_model_request_node(node) else None
    if isinstance(pending, ModelRequest) and (not messages or messages[-1] is not pending):
        messages.append(pending)
    if not messages:
        return
    talk.messages = messages
    talk.usage = run.usage
    if pending is not None:  # the turn before has ended
        talk.add(desk.told)
        desk.told.clear()
    stored.save(desk.listener, talk)
    if pending is not None:  # which holds the answers now
        desk.forget()


def _tell(response: ModelMessage, desk: Desk) -> None:
    """Events of a stored answer of the model; its last words are told when the round has ended."""
    assert isinstance(response, ModelResponse)
    words = "".join(part.content for part in response.parts if isinstance(part, TextPart))
    if words.strip() and any(isinstance(part, ToolCallPart) for part in response.parts):
        desk.tell(Message(words))
    usage = response.usage
    desk.tell(
        Usage(
            usage.input_tokens,
            usage.output_tokens,
            usage.cache_read_tokens,
            cache_written_tokens=usage.cache_write_tokens,
            model=response.model_name or "",
        )
    )


def _done(words: str) -> Verdict:
    return Verdict(True, shorten(words, 2_000) or "the agent ended without a word")


def _failed(error: Exception, talk: Conversation, desk: Desk, request_limit: int) -> Verdict:
    text = shorten(str(error), 2_000)
    outcome = "agent_failed"
    if isinstance(error, UsageLimitExceeded):
        text = f"The agent used all {request_limit} model requests of one round."
    elif isinstance(error, ModelAuthenticationError) or (
        isinstance(error, ModelHTTPError) and error.status_code in {401, 403}
    ):
        outcome = "agent_key_refused"
    elif isinstance(error, ModelAPIError):
        text = f"The model provider answered with an error: {text}"
    end = AgentError(text, fatal=True)
    talk.add([*desk.told, end])
    talk.failed = (outcome, text)
    stored.save(desk.listener, talk)
    desk.listener.emit(end)
    return Verdict(False, text, outcome)
