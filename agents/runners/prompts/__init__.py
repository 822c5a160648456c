"""What agents are asked, from template files with a version in their first line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from string import Template
from typing import Protocol

from agents.runners.fences import Fence, shorten, visible
from clusters.planner.base import Answer, PlanDraft

MAX_QUOTES = 30
MAX_QUOTE = 4_000  # characters
MAX_CONVENTIONS = 12_000
MAX_RELATED = 15
MAX_ISSUES = 20
MAX_FAILURES = 20
MAX_FAILURE = 3_000

_HEADER = re.compile(r"<!-- soulcaster prompt: \w+, version (\d+) -->\n")


class QuoteText(Protocol):
    """What one user said."""

    @property
    def item_id(self) -> int: ...
    @property
    def source(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def text(self) -> str: ...


def version(name: str) -> int:
    """The version of a prompt: "fix", "feedback", "plan", "agent" or "planner"."""
    header = _HEADER.match(_template(name))
    if header is None:
        raise ValueError(f"the prompt {name} has no version line")
    return int(header[1])


def agent_instructions(*, plan_only: bool = False) -> str:
    """What the built-in agent is told before anything else."""
    return _fill("planner" if plan_only else "agent")


def render_fix_prompt(
    *,
    plan: PlanDraft,
    quotes: Sequence[QuoteText],
    fence: Fence,
    conventions: str = "",
    related: Sequence[str] = (),
    issues: Sequence[int] = (),
    test_command: Sequence[str] | str = (),
    validation: Sequence[str] = (),
    instructions: str = "",
    summary_path: str = "",
) -> str:
    """The prompt of round 1.

    `conventions` is text of the repository (its guide for contributors, for example) and counts
    as a stranger's, as do the plan, which quotes reports, and names of files; `instructions` are
    the maintainer's own and stand outside of any fence. `related` are files that have to do with
    those of the plan; `issues` are numbers of the forge's; `validation` are other commands that
    must succeed; `summary_path` is where the summary goes ('': the agent's last words are it).
    """
    command = test_command if isinstance(test_command, str) else " ".join(test_command)
    said = "\n\n".join(map(_quote, quotes[:MAX_QUOTES]))
    return _fill(
        "fix",
        rule=fence.rule,
        plan=fence.around(f"{visible(plan.summary)}\n\n{_plan(plan)}"),
        quotes=fence.around(said) if said else "(no quotes)",
        issues=_issues(issues),
        conventions=_conventions(conventions, fence),
        related=_related(related, fence),
        test_step=_test_step(command),
        validation=_validation(validation),
        instructions=_instructions(instructions),
        summary_step=_summary_step(summary_path),
    )


def render_plan_prompt(
    *,
    first: PlanDraft,
    quotes: Sequence[QuoteText],
    fence: Fence,
    conventions: str = "",
    instructions: str = "",
    hint: str = "",
    answers: Sequence[Answer] = (),
) -> str:
    """The prompt for an agent that only plans.

    `first` is the plan from the evidence; `hint` and `answers` are the maintainer's, and stand
    outside of the fence unless an answer was chosen: then its words are those of others.
    """
    said = "\n\n".join(map(_quote, quotes[:MAX_QUOTES]))
    asked = "".join(f"\n\n{line}" for line in _answered(answers))
    return _fill(
        "plan",
        rule=fence.rule,
        quotes=fence.around(said) if said else "(no quotes)",
        first=fence.around(f"{visible(first.summary)}\n\n{_plan(first)}{asked}"),
        conventions=_conventions(conventions, fence),
        instructions=_instructions(instructions),
        wishes=_wishes(hint, answers),
    )


def _answered(answers: Sequence[Answer]) -> Iterator[str]:
    for number, answer in enumerate(answers, 1):
        chosen = f"\nThe maintainer chose: {_line(answer.text)}" if answer.chosen else ""
        yield f"Question {number} to the maintainer: {_line(answer.question)}{chosen}"


def _wishes(hint: str, answers: Sequence[Answer]) -> str:
    lines = [f"For this plan: {visible(hint).strip()}"] if hint.strip() else []
    for number, answer in enumerate(answers, 1):
        said = "as chosen above" if answer.chosen else visible(answer.text).strip()
        lines.append(f"To question {number}: {said}")
    return "\n## The maintainer asks and answers\n\n" + "\n".join(lines) + "\n" if lines else ""


def render_feedback(
    round_number: int, sentence: str, failures: Sequence[tuple[str, str]], fence: Fence
) -> str:
    """The prompt of round 2 and later: what the platform's own test runs showed.

    `failures` are pairs of a test's id and its message. Ids are strangers' words, too, and so is
    the sentence, which names them.
    """
    shown = [shorten(visible(sentence).strip(), MAX_FAILURE)]
    for test, message in failures[:MAX_FAILURES]:
        shown.append(f"{_line(test)}\n\n{shorten(visible(message), MAX_FAILURE)}".strip())
    if len(failures) > MAX_FAILURES:
        shown.append(f"... and {len(failures) - MAX_FAILURES} more tests that fail.")
    return _fill(
        "feedback",
        round=str(round_number),
        rule=fence.rule,
        shown=fence.around("\n\n".join(shown)),
    )


@cache
def _template(name: str) -> str:
    return (Path(__file__).parent / f"{name}.md").read_text(encoding="utf-8")


def _fill(name: str, **values: str) -> str:
    text = _HEADER.sub("", _template(name), count=1)
    return Template(text).substitute(values)


def _line(text: str) -> str:
    return shorten(" ".join(visible(text).split()), 500)


def _plan(plan: PlanDraft) -> str:
    sections = {
        "Possible causes": [f"{_line(each.text)} ({each.confidence})" for each in plan.hypotheses],
        "Where to begin": [f"`{_line(each.path)}`: {_line(each.reason)}" for each in plan.files],
        "Tests nearby": [f"`{_line(each.path)}`: {_line(each.reason)}" for each in plan.tests],
        "Steps": [_line(step) for step in plan.steps],
        "What must hold afterwards": [_line(each.text) for each in plan.criteria],
        "How it will be checked": [_line(step) for step in plan.validation],
        "Risks": [_line(risk) for risk in plan.risks],
    }
    return "".join(
        f"{title}:\n\n" + "".join(f"- {item}\n" for item in items) + "\n"
        for title, items in sections.items()
        if items
    )


def _quote(quote: QuoteText) -> str:
    said = "\n\n".join(part for part in (_line(quote.title), visible(quote.text).strip()) if part)
    return f"Report {quote.item_id} ({_line(quote.source)}):\n\n{shorten(said, MAX_QUOTE)}"


def _conventions(text: str, fence: Fence) -> str:
    if not text.strip():
        return ""
    body = fence.around(shorten(visible(text).strip(), MAX_CONVENTIONS))
    return f"## The repository's own conventions\n\nFollow them as far as they concern style.\n\n{body}\n\n"


def _issues(numbers: Sequence[int]) -> str:
    if not numbers:
        return ""
    named = ", ".join(f"#{number}" for number in numbers[:MAX_ISSUES])
    return f"The reports are about these issues of the repository: {named}.\n\n"


def _related(paths: Sequence[str], fence: Fence) -> str:
    if not paths:
        return ""
    listed = fence.around("\n".join(f"- `{_line(path)}`" for path in paths[:MAX_RELATED]))
    return f"## Related files\n\nThey often change or are used together with those of the plan.\n\n{listed}\n\n"


def _validation(commands: Sequence[str]) -> str:
    return "".join(
        f"{number}. `{_line(command)}` must succeed as well.\n"
        for number, command in enumerate(commands, start=6)
    )


def _summary_step(path: str) -> str:
    if not path:
        return "End with a short summary of the cause, the change and the tests."
    return (
        f"At the end, write a short summary of the cause, the change and the tests to the file `{path}`, which is "
        "not part of the repository. It is quoted in the pull request. Then stop."
    )


def _test_step(command: str) -> str:
    if not command.strip():
        return "No test command is known: look for the project's way to run tests, and use it."
    return f"Run the tests with `{_line(command)}`. All of them, at the end."


def _instructions(text: str) -> str:
    return f"\n## The maintainer adds\n\n{visible(text).strip()}\n" if text.strip() else ""
