"""What of a recorded prompt stands outside of every fence."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tests.stand_ins.model_server import Question

_BLOCK = re.compile(r"^BEGIN (\w{20,})\n.*?\nEND \1$", re.MULTILINE | re.DOTALL)


def outside(text: str) -> str:
    """The text without its fenced blocks."""
    return _BLOCK.sub("", text)


def all_said(questions: Iterable[Question]) -> list[str]:
    """Everything that models were told: rules, prompts and answers of tools, not their own words."""
    return [
        text
        for question in questions
        for text in (
            question.system,
            *(turn.text for turn in question.conversation if turn.who != "assistant"),
        )
    ]


def check(questions: Iterable[Question], canary: str, *, at_least: int = 1) -> None:
    """The canary was told, and never outside of a fence."""
    said = all_said(questions)
    assert sum(canary in text for text in said) >= at_least
    for text in said:
        assert canary not in outside(text), outside(text)[:4_000]
