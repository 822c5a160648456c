"""What the model says: steps, in rounds, with what goes wrong on the way."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

STATUSES = {"400": 400, "401": 401, "403": 403, "404": 404, "429": 429, "500": 500, "503": 503}
FAILURES = (*STATUSES, "hang", "stall", "cut", "slow")


class BadScript(ValueError):
    """The script cannot be followed; the text says why."""


@dataclass(frozen=True)
class Step:
    """One answer of the model: words, and the use of a tool or the end of the round.

    `tool` is read | edit | write | bash, whatever the agent calls it, or the agent's own name of a
    tool. Arguments of the four are `path` (relative, or below "{cwd}"), `old` and `new`,
    `content`, `command`. `fail` is one of FAILURES, for the first `times` requests of a
    conversation for this step; 0 means every one.
    """

    say: str
    tool: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)
    fail: str = ""
    times: int = 0

    def __post_init__(self) -> None:
        if self.fail and self.fail not in FAILURES:
            raise BadScript(f"{self.fail!r} is none of {', '.join(FAILURES)}")


@dataclass(frozen=True)
class Script:
    """Rounds of steps: every new message of a user begins the next one.

    With `strict` False (a plain list of steps) only the message after a finished round does.
    `fail` is what goes wrong with every step that does not say so itself.
    """

    rounds: Sequence[Sequence[Step]]
    fail: str = ""
    times: int = 0
    strict: bool = True

    def step(self, number: int, position: int) -> Step | None:
        """The step of a round, both counted from 0; None where there is nothing more to say."""
        if number >= len(self.rounds) or position >= len(self.rounds[number]):
            return None
        return self.rounds[number][position]

    def failure(self, step: Step | None) -> tuple[str, int]:
        """What goes wrong and how often."""
        if step is not None and step.fail:
            return step.fail, step.times
        return self.fail, self.times


Scripted = Script | Sequence[Step] | Sequence[Sequence[Step]]


def as_script(scripted: Scripted) -> Script:
    """A list of rounds as it is; a plain list of steps has a round up to each without a tool."""
    if isinstance(scripted, Script):
        return scripted
    rounds: list[list[Step]] = [[]]
    for each in scripted:
        if not isinstance(each, Step):
            return Script([list(steps) for steps in scripted if not isinstance(steps, Step)])
        rounds[-1].append(each)
        if not each.tool:
            rounds.append([])
    return Script([steps for steps in rounds if steps], strict=False)


def load_scripts(text: str) -> dict[str, Script]:
    """The scripts of a JSON text, by name: a list of steps or of rounds is the one without a name.

    An object maps names to such lists, or to objects with `rounds`, `fail` and `times`.
    """
    value = json.loads(text)
    if isinstance(value, list):
        return {"": _from_json(value)}
    return {str(name): _from_json(each) for name, each in value.items()}


def _from_json(value: Any) -> Script:
    if isinstance(value, list):
        if value and isinstance(value[0], list):
            return Script([[Step(**step) for step in steps] for steps in value])
        return as_script([Step(**step) for step in value])
    script = _from_json(value.get("rounds", []))
    return Script(script.rounds, value.get("fail", ""), value.get("times", 0), script.strict)
