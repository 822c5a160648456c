"""Answers in the three protocols, whole or as a stream of events."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.stand_ins.model_server import responses
from tests.stand_ins.model_server.question import Question
from tests.stand_ins.model_server.tokens import Tokens, as_usage
from tests.stand_ins.model_server.tools import Reply


@dataclass(frozen=True)
class Event:
    """One event of a stream. `is_word` is one of many that carry the words of the model."""

    data: str
    name: str = ""
    is_word: bool = False

    @property
    def text(self) -> str:
        """As it goes over the wire."""
        head = f"event: {self.name}\n" if self.name else ""
        return f"{head}data: {self.data}\n\n"


def whole(question: Question, reply: Reply, tokens: Tokens) -> dict[str, Any]:
    """The answer to a request without a stream."""
    usage = as_usage(question.wire, tokens)
    if question.wire == "anthropic":
        return _message(question, reply, usage)
    if question.wire == "responses":
        return responses.response(question, "completed", responses.items(question, reply), usage)
    words = {"role": "assistant", "content": reply.say or None}
    if reply.tool:
        words["tool_calls"] = [_call(reply)]  # type: ignore[assignment]
    choice = {"index": 0, "message": words, "finish_reason": _reason(reply)}
    return {**_completion(question), "choices": [choice], "usage": usage}


def events(question: Question, reply: Reply, tokens: Tokens) -> Iterator[Event]:
    """The answer as a stream."""
    usage = as_usage(question.wire, tokens)
    if question.wire == "anthropic":
        for name, data in _anthropic(question, reply, usage):
            yield _named(name, data)
    elif question.wire == "responses":
        for number, (name, data) in enumerate(responses.events(question, reply, usage)):
            yield _named(name, {"sequence_number": number, **data})
    else:
        for chunk in _chunks(question, reply, usage):
            yield Event(json.dumps(chunk), is_word=_is_word(chunk))
        yield Event("[DONE]")


def _named(name: str, data: Mapping[str, Any]) -> Event:
    return Event(json.dumps({"type": name, **data}), name, name.endswith("delta"))


def _reason(reply: Reply) -> str:
    return "tool_calls" if reply.tool else "stop"


# --- Anthropic Messages ------------------------------------------------------------------------


def _message(question: Question, reply: Reply, usage: dict[str, object]) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": reply.say}] if reply.say else []
    if reply.tool:
        call = {"type": "tool_use", "id": reply.call_id, "name": reply.tool}
        content.append({**call, "input": dict(reply.args)})
    return {
        "id": f"msg_{question.turns}",
        "type": "message",
        "role": "assistant",
        "model": question.model,
        "content": content,
        "stop_reason": "tool_use" if reply.tool else "end_turn",
        "stop_sequence": None,
        "usage": usage,
    }


def _anthropic(
    question: Question, reply: Reply, usage: dict[str, object]
) -> Iterator[tuple[str, dict[str, Any]]]:
    message = _message(question, reply, usage)
    begun = {**message, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    yield "message_start", {"message": begun}
    for index, block in enumerate(message["content"]):
        if block["type"] == "text":
            empty = {**block, "text": ""}
            deltas = [
                {"type": "text_delta", "text": word} for word in responses.pieces(block["text"])
            ]
        else:
            empty = {**block, "input": {}}
            deltas = [{"type": "input_json_delta", "partial_json": json.dumps(block["input"])}]
        yield "content_block_start", {"index": index, "content_block": empty}
        for delta in deltas:
            yield "content_block_delta", {"index": index, "delta": delta}
        yield "content_block_stop", {"index": index}
    stop = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield "message_delta", {"delta": stop, "usage": {"output_tokens": usage["output_tokens"]}}
    yield "message_stop", {}


# --- OpenAI chat completions -------------------------------------------------------------------


def _completion(question: Question, kind: str = "chat.completion") -> dict[str, Any]:
    name = f"chatcmpl-{question.turns}"
    return {"id": name, "object": kind, "created": 0, "model": question.model}


def _call(reply: Reply) -> dict[str, Any]:
    function = {"name": reply.tool, "arguments": json.dumps(dict(reply.args))}
    return {"index": 0, "id": reply.call_id, "type": "function", "function": function}


def _chunks(question: Question, reply: Reply, usage: dict[str, object]) -> Iterator[dict[str, Any]]:
    base = _completion(question, "chat.completion.chunk")
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": word} for word in responses.pieces(reply.say)]
    if reply.tool:
        call = _call(reply)
        arguments = {"index": 0, "function": {"arguments": call["function"]["arguments"]}}
        call["function"] = {**call["function"], "arguments": ""}
        deltas += [{"tool_calls": [call]}, {"tool_calls": [arguments]}]
    for delta in deltas:
        yield {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {**base, "choices": [{"index": 0, "delta": {}, "finish_reason": _reason(reply)}]}
    if (question.body.get("stream_options") or {}).get("include_usage"):
        yield {**base, "choices": [], "usage": usage}


def _is_word(chunk: Mapping[str, Any]) -> bool:
    return any("role" not in choice["delta"] for choice in chunk["choices"])
