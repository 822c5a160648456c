"""Possible causes, none stronger than its evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from clusters.planner.base import Hypothesis
from clusters.planner.findings import Findings
from clusters.planner.ranking import Ranked
from clusters.planner.wording import code_list, items_text, quoted

_CLEAR = 1.4  # times the second score
_CLOSE = 0.75  # of the best score: such a file may be the place as well
_SINCE = re.compile(
    r"\b(?:since|after|before)\s(?:(?:the|an?|our|last|latest|new)\s){0,3}"
    r"(?:updat|upgrad|version|release|v?\d+\.\d)[^.!?,;\n]{0,40}",
    re.IGNORECASE,
)


def hypotheses_of(found: Findings) -> list[Hypothesis]:
    """The causes that the evidence suggests, the likeliest first."""
    return [*_failing(found), *_best(found), *_second(found), *_began(found)][:6]


def _failing(found: Findings) -> Iterator[Hypothesis]:
    """The innermost frame of the stack traces."""
    traced = [one for one in found.code if one.signals.trace is not None]
    traced.sort(key=lambda one: one.signals.trace.depth if one.signals.trace else 0)
    for one in traced[:1]:
        trace, items = one.signals.trace, one.signals.trace_items
        assert trace is not None  # filtered above
        name = f"`{trace.function}` " if trace.function else "the code "
        at = f"{name}in `{one.path}` (line {trace.line})"
        if one.signals.facts.raising:
            text = f"A check in {at} stops the work. It reports a wrong value; the cause is where that value is computed."
        else:
            text = f"The failure happens in {at}, where the stack traces end."
        sure: Literal["medium", "high"] = "high" if len(items) > 1 else "medium"
        yield Hypothesis(text=text, confidence=sure, evidence=items)


def _best(found: Findings) -> Iterator[Hypothesis]:
    if not found.code:
        return
    best = found.code[0]
    words = found.wording.shared_words(best)
    items = sorted({item for word in words for item in found.clues.word_items.get(word, ())})
    said = code_list(found.wording.spell(words)) or "the reports' subject"
    yield Hypothesis(
        text=f"The cause is in {found.where(best)}, which deals with {said}.",
        confidence=_confidence(found.code),
        evidence=items,
    )


def _confidence(code: list[Ranked]) -> Literal["low", "medium"]:
    """Medium where the reports name something of the best file and no other comes near."""
    signals = code[0].signals
    named = bool(signals.named_by or signals.facts.defined or signals.trace)
    clear = len(code) == 1 or code[0].score >= _CLEAR * code[1].score
    return "medium" if named and clear else "low"


def _second(found: Findings) -> Iterator[Hypothesis]:
    if len(found.code) > 1 and found.code[1].score >= _CLOSE * found.code[0].score:
        text = f"{found.where(found.code[1])} fits the reports nearly as well."
        yield Hypothesis(text=text[:1].upper() + text[1:], confidence="low")


def _began(found: Findings) -> Iterator[Hypothesis]:
    said = [
        (item.id, _SINCE.search(f"{item.title}\n{item.body[:6_000]}"))
        for item in found.cluster.items
    ]
    matches = [(number, match[0].strip()) for number, match in said if match]
    if matches:
        items = sorted(number for number, _ in matches)
        text = (
            f"It began with a change: {items_text(items)} "
            f"{'says' if len(items) == 1 else 'say'} so ({quoted(matches[0][1])}). "
            "The history of the candidate files shows which one."
        )
        yield Hypothesis(
            text=text, confidence="medium" if len(items) > 1 else "low", evidence=items
        )
