"""How many tokens an exchange has: made up, but the same for the same conversation."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tests.stand_ins.model_server.question import Question, Wire
from tests.stand_ins.model_server.tools import Reply

_CHARACTERS = 4  # in one token


@dataclass(frozen=True)
class Tokens:
    """`input` are all that went in; `cached` and `written` are parts of them."""

    input: int = 0
    output: int = 0
    cached: int = 0
    written: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(
            self.input + other.input,
            self.output + other.output,
            self.cached + other.cached,
            self.written + other.written,
        )


def count(question: Question, reply: Reply) -> Tokens:
    """What was said before the last answer is read from the cache; Anthropic also writes to it."""
    texts = [turn.text for turn in question.conversation]
    answers = [n for n, turn in enumerate(question.conversation) if turn.who == "assistant"]
    fixed = len(question.system) + len(json.dumps(list(question.tools)))
    known = _tokens(fixed + _characters(texts[: answers[-1]])) if answers else 0
    asked = _tokens(fixed + _characters(texts)) + 1
    said = _tokens(len(reply.say) + len(json.dumps(dict(reply.args)))) + 1
    written = (asked - known) // 2 if question.wire == "anthropic" else 0
    return Tokens(asked, said, known, written)


def _characters(texts: list[str]) -> int:
    return sum(len(text) for text in texts)


def _tokens(characters: int) -> int:
    return characters // _CHARACTERS


def as_usage(wire: Wire, tokens: Tokens) -> dict[str, object]:
    """The numbers as a provider tells them."""
    total = tokens.input + tokens.output
    if wire == "anthropic":
        return {
            "input_tokens": tokens.input - tokens.cached - tokens.written,
            "cache_read_input_tokens": tokens.cached,
            "cache_creation_input_tokens": tokens.written,
            "output_tokens": tokens.output,
        }
    if wire == "chat":
        return {
            "prompt_tokens": tokens.input,
            "prompt_tokens_details": {"cached_tokens": tokens.cached},
            "completion_tokens": tokens.output,
            "total_tokens": total,
        }
    return {
        "input_tokens": tokens.input,
        "input_tokens_details": {"cached_tokens": tokens.cached},
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": total,
    }
