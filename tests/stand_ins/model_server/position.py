"""Which script a request belongs to, and how far it has come: from the conversation alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tests.stand_ins.model_server.question import Question, Turn
from tests.stand_ins.model_server.script import Script, Step

_MARK = re.compile(r"\[\[script:([\w.-]+)\]\]")
# What agents put into the conversation themselves, as if the user had said it.
_ASIDES = re.compile(
    r"<(system-reminder|environment_context|turn_aborted)>.*?</\1>"
    r"|The \w+ tools? ha(?:s|ve)n't been used recently\..*",
    re.DOTALL,
)


@dataclass(frozen=True)
class Position:
    """The step that comes next; `round` and `position` count from 0."""

    name: str
    round: int
    position: int
    step: Step | None


def mark(name: str) -> str:
    """What a prompt says to be answered by the script of this name."""
    return f"[[script:{name}]]"


def is_side_request(question: Question) -> bool:
    """Whether the agent wants a title or a summary and no work."""
    return not question.tools and not question.is_textual


def find_position(scripts: Mapping[str, Script], question: Question) -> Position:
    """The script by the last mark of a user, else by the model's name, else the nameless one."""
    name = _name(scripts, question)
    script = scripts.get(name, Script([]))
    number, position = _walk(script, question)
    return Position(name, number, position, script.step(number, position))


def _name(scripts: Mapping[str, Script], question: Question) -> str:
    said = [turn.text for turn in question.conversation if turn.who == "user"]
    marks = [name for text in said for name in _MARK.findall(text) if name in scripts]
    if marks:
        return str(marks[-1])
    named = [name for name in scripts if name and question.model.endswith(name)]
    return max(named, key=len, default="")


def _walk(script: Script, question: Question) -> tuple[int, int]:
    if question.is_textual:
        # These answer a whole round at once, and pad the conversation with words of their own.
        return sum(_is_answer(script, turn) for turn in question.conversation), 0
    number = position = 0
    for turn in question.conversation:
        if turn.who == "assistant":
            position += 1
        elif turn.who == "user" and position and _ASIDES.sub("", turn.text).strip():
            finished = script.step(number, position) is None
            if script.strict or finished:
                number, position = number + 1, 0
    return number, position


def _is_answer(script: Script, turn: Turn) -> bool:
    """Whether the turn is one of ours: it has all that is said in one of the rounds."""
    if turn.who != "assistant":
        return False
    return any(
        bool(steps) and all(step.say in turn.text for step in steps) for steps in script.rounds
    )
