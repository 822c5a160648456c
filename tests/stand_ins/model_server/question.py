"""What an agent sends, whichever of the three protocols it speaks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Wire = Literal["anthropic", "chat", "responses"]
Who = Literal["user", "assistant", "tool"]
FREEFORM = "freeform"  # the only argument of a tool that takes plain text

_WIRES: Mapping[str, Wire] = {
    "/messages": "anthropic",
    "/chat/completions": "chat",
    "/responses": "responses",
}
# The ways in which agents tell the model where it works.
_CWD = re.compile(
    r"(?:[Ww]orking directory(?: is)?|[Ww]orkspace root folder|cwd|workspace_root)"
    r"[\"'`>:\s]+(/[^\s<\"'`]+)"
)


@dataclass(frozen=True)
class Turn:
    """What one side said, in one go."""

    who: Who
    text: str


@dataclass(frozen=True)
class Question:
    """One request for an answer; `tools` are names with the names and schemas of arguments."""

    path: str
    wire: Wire
    model: str
    stream: bool
    key: str
    system: str
    conversation: tuple[Turn, ...]
    tools: Mapping[str, Mapping[str, Any]]
    body: Mapping[str, Any] = field(repr=False)

    @property
    def turns(self) -> int:
        """Answers in the conversation so far."""
        return sum(turn.who == "assistant" for turn in self.conversation)

    @property
    def cwd(self) -> str:
        """Where the agent works, as it says itself; "" when it does not."""
        for text in (self.system, *(turn.text for turn in self.conversation)):
            if found := _CWD.search(text):
                return found[1].rstrip(".,)")
        return ""

    @property
    def is_textual(self) -> bool:
        """Whether the agent has no tools and reads edits from the text."""
        return not self.tools and "SEARCH/REPLACE" in self.system


def wire_of(path: str) -> Wire | None:
    """The protocol that is spoken at a path."""
    return next((wire for end, wire in _WIRES.items() if path.endswith(end)), None)


def read_question(path: str, wire: Wire, key: str, body: Mapping[str, Any]) -> Question:
    """The request in our words."""
    system, turns = _READERS[wire](body)
    return Question(
        path=path,
        wire=wire,
        model=str(body.get("model", "")),
        stream=bool(body.get("stream")),
        key=key,
        system=system,
        conversation=tuple(_together(turns)),
        tools=dict(_tools(body.get("tools") or [])),
        body=body,
    )


def _together(turns: list[Turn]) -> Iterator[Turn]:
    """Neighbours of the same side are one turn: some agents send words and calls apart."""
    last: Turn | None = None
    for turn in turns:
        if last is not None and last.who == turn.who:
            last = Turn(turn.who, f"{last.text}\n{turn.text}")
            continue
        if last is not None:
            yield last
        last = turn
    if last is not None:
        yield last


def _tools(offered: list[dict[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for each in offered:
        if each.get("type") == "namespace":
            yield from _tools(each.get("tools") or [])
            continue
        tool = each.get("function", each)
        schema = tool.get("input_schema") or tool.get("parameters") or {}
        freeform: dict[str, Any] = {FREEFORM: {}} if each.get("type") == "custom" else {}
        if tool.get("name"):
            yield str(tool["name"]), schema.get("properties") or freeform


def _words(content: Any) -> str:
    """The text of a message, however deep it lies."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(_words(part) for part in content)
    if isinstance(content, dict):
        return _words(content.get("text") or content.get("content") or content.get("output"))
    return ""


def _who(role: Any) -> Who:
    return "assistant" if role == "assistant" else "user"


def _read_chat(body: Mapping[str, Any]) -> tuple[str, list[Turn]]:
    system, turns = "", []
    for message in body.get("messages", []):
        role, text = message.get("role"), _words(message.get("content"))
        if role in {"system", "developer"}:
            system += f"{text}\n"
        else:
            turns.append(Turn("tool" if role == "tool" else _who(role), text))
    return system, turns


def _read_anthropic(body: Mapping[str, Any]) -> tuple[str, list[Turn]]:
    turns = []
    for message in body.get("messages", []):
        content = message.get("content")
        blocks = content if isinstance(content, list) else []
        answered = any(block.get("type") == "tool_result" for block in blocks)
        turns.append(Turn("tool" if answered else _who(message.get("role")), _words(content)))
    return _words(body.get("system")), turns


def _read_responses(body: Mapping[str, Any]) -> tuple[str, list[Turn]]:
    system, turns = _words(body.get("instructions")), []
    sent = body.get("input")
    for item in [{"role": "user", "content": sent}] if isinstance(sent, str) else sent or []:
        kind = item.get("type", "message")
        if kind == "message" and item.get("role") in {"system", "developer"}:
            system += f"\n{_words(item)}"
        elif kind == "message":
            turns.append(Turn(_who(item.get("role")), _words(item)))
        elif kind.endswith("_output"):
            turns.append(Turn("tool", _words(item.get("output")) or json.dumps(item)))
        else:
            turns.append(Turn("assistant", ""))
    return system, turns


_READERS = {"anthropic": _read_anthropic, "chat": _read_chat, "responses": _read_responses}
