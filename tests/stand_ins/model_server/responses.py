"""OpenAI Responses: the items of an answer, and the events of its stream."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.stand_ins.model_server.question import Question
from tests.stand_ins.model_server.tools import Reply

Named = tuple[str, dict[str, Any]]


def response(
    question: Question, status: str, output: list[dict[str, Any]], usage: dict[str, object] | None
) -> dict[str, Any]:
    """The object that is the answer, or says how far it is."""
    return {
        "id": f"resp_{question.turns}",
        "object": "response",
        "created_at": 0,
        "status": status,
        "model": question.model,
        "output": output,
        "usage": usage,
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": [],
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
    }


def pieces(text: str) -> list[str]:
    """Words with the space after them."""
    return re.findall(r"\S+\s*|^\s+", text)


def items(question: Question, reply: Reply) -> list[dict[str, Any]]:
    """Words and a call are items of their own."""
    found: list[dict[str, Any]] = []
    if reply.say:
        content = {"type": "output_text", "text": reply.say, "annotations": []}
        said = {"type": "message", "id": f"msg_{question.turns}", "role": "assistant"}
        found.append({**said, "status": "completed", "content": [content]})
    if reply.tool and reply.freeform is not None:
        call = {"type": "custom_tool_call", "id": f"ctc_{reply.call_id}", "call_id": reply.call_id}
        found.append({**call, "name": reply.tool, "input": reply.freeform, "status": "completed"})
    elif reply.tool:
        call = {"type": "function_call", "id": f"fc_{reply.call_id}", "call_id": reply.call_id}
        arguments = json.dumps(dict(reply.args))
        found.append({**call, "name": reply.tool, "arguments": arguments, "status": "completed"})
    return found


def events(question: Question, reply: Reply, usage: dict[str, object]) -> Iterator[Named]:
    """The stream, in the order in which OpenAI's own clients want it."""
    output = items(question, reply)
    yield "response.created", {"response": response(question, "in_progress", [], None)}
    for index, item in enumerate(output):
        place = {"output_index": index}
        yield from _item(item, place, {**place, "item_id": item["id"]})
        yield "response.output_item.done", {**place, "item": item}
    yield "response.completed", {"response": response(question, "completed", output, usage)}


def _item(item: dict[str, Any], place: dict[str, Any], at: dict[str, Any]) -> Iterator[Named]:
    added = {**item, "status": "in_progress"}
    match item["type"]:
        case "message":
            yield "response.output_item.added", {**place, "item": {**added, "content": []}}
            yield from _text(item, {**at, "content_index": 0})
        case "function_call":
            yield "response.output_item.added", {**place, "item": {**added, "arguments": ""}}
            event, sent = "response.function_call_arguments", item["arguments"]
            yield f"{event}.delta", {**at, "delta": sent}
            yield f"{event}.done", {**at, "arguments": sent}
        case _:
            yield "response.output_item.added", {**place, "item": {**added, "input": ""}}
            event, sent = "response.custom_tool_call_input", item["input"]
            yield f"{event}.delta", {**at, "delta": sent}
            yield f"{event}.done", {**at, "input": sent}


def _text(item: dict[str, Any], at: dict[str, Any]) -> Iterator[Named]:
    [part] = item["content"]
    yield "response.content_part.added", {**at, "part": {**part, "text": ""}}
    for word in pieces(part["text"]):
        yield "response.output_text.delta", {**at, "delta": word}
    yield "response.output_text.done", {**at, "text": part["text"]}
    yield "response.content_part.done", {**at, "part": part}
