"""Summary, steps and acceptance criteria of an evidence plan."""

from __future__ import annotations

from collections.abc import Iterator

from clusters.planner.base import Criterion
from clusters.planner.findings import Findings
from clusters.planner.quotes import contradict
from clusters.planner.wording import items_text, quoted

_CITED = 50  # ids in one criterion


def summary_of(found: Findings) -> str:
    """What is reported, by how many, and where it probably is."""
    cluster = found.cluster
    count = len(cluster.items)
    reports = "1 report" if count == 1 else f"{count} reports"
    parts = [f"{cluster.title[:300].strip().rstrip('.') or 'Untitled'} ({reports})."]
    if cluster.summary:
        parts.append(f"In the reporters' words: {cluster.summary[:2_000].strip()}")
    if found.code:
        parts.append(f"The first place to look is {found.where(found.code[0])}.")
    else:
        parts.append("Nothing in the repository could be connected with the reports.")
    return " ".join(parts)


def steps_of(found: Findings) -> list[str]:
    """What to do, in order."""
    return [*_reproduce(found), *_read(found), *_change(found)]


def _reproduce(found: Findings) -> Iterator[str]:
    where = f"in `{found.tests[0].path}`" if found.tests else "next to the code"
    if found.example:
        yield (
            f"Reproduce it first: write a test {where} from {items_text([found.example.item])}, "
            f"{quoted(found.example.text)}. It has to fail on the present code."
        )
        return
    yield f"Reproduce it first: write a test {where} that shows what the reports describe and fails."
    if found.ids:
        yield (
            "No report contains values to reproduce it with: should the test be hard to write, "
            f"ask the author of {items_text(found.ids[:1])} for the exact steps."
        )


def _read(found: Findings) -> Iterator[str]:
    if not found.code:
        return
    follow = found.code[1:3]
    text = f"Read {found.where(found.code[0])}"
    if follow:
        text += f", then {' and '.join(found.where(one) for one in follow)}"
    yield f"{text}, and find where the value that the test shows to be wrong comes from."
    if found.guides:
        yield f"Compare with `{found.guides[0].path}`, which describes what is meant to happen."


def _change(found: Findings) -> Iterator[str]:
    checks = [one for one in found.code if one.signals.facts.raising]
    if checks:
        yield f"Correct the cause, and leave the check in `{checks[0].path}` as it is: it is right to complain."
    elif found.code:
        yield "Correct the cause where the wrong value arises, not where it shows."
    else:
        yield "Find the code that does what the reports describe, and correct the cause there."
    yield "Run the new test and all others, and look through every caller of what was changed."


def criteria_of(found: Findings) -> list[Criterion]:
    """What must hold afterwards, each with the reports that ask for it."""
    asked = [*_expected(found)] or [_nothing_asked(found)]
    return [*asked, *_errors(found), *_example(found)]


def _nothing_asked(found: Findings) -> Criterion:
    title = found.cluster.title[:300].strip() or "untitled"
    text = f"What the reports describe no longer happens: {title}"
    return Criterion(text=text, evidence=sorted(found.ids)[:_CITED])


def _expected(found: Findings) -> Iterator[Criterion]:
    chosen = [answer.text for answer in found.cluster.answers]
    for expected in found.expected:
        if any(text != expected.text and contradict(text, expected.text) for text in chosen):
            continue  # the maintainer decided for the other side
        verb = "asks" if len(expected.items) == 1 else "ask"
        text = f"What {items_text(expected.items)} {verb} for holds: {quoted(expected.text)}"
        yield Criterion(text=text, evidence=sorted(expected.items)[:_CITED])


def _errors(found: Findings) -> Iterator[Criterion]:
    for name, items in list(found.clues.errors.items())[:2]:
        text = f"`{name}` no longer appears in the situation of {items_text(items)}."
        yield Criterion(text=text, evidence=sorted(items)[:_CITED])


def _example(found: Findings) -> Iterator[Criterion]:
    if found.example:
        item = found.example.item
        text = f"A test with the values of {items_text([item])} fails before the change and passes after it."
        yield Criterion(text=text, evidence=[item])
