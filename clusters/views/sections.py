"""A plan's sections as forms: from content to rows, from what was posted to changes.

Plain functions. Rows are what an input shows; `changes` is what `plans.edit` takes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.http import QueryDict

from credentials.errors import Invalid

Kind = Literal["text", "lines", "criteria", "hypotheses", "files"]
Row = dict[str, str]

_COLUMNS: Mapping[Kind, tuple[str, ...]] = {
    "criteria": ("text", "evidence"),
    "hypotheses": ("text", "confidence", "evidence"),
    "files": ("path", "reason"),
}
_SPARE_ROWS = 2


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a plan. `name` is a field of PlanDraft."""

    name: str
    title: str
    kind: Kind
    help: str
    empty: str


SECTIONS = (
    Section(
        "summary", "Summary", "text", "What is wrong and what will be done, in a few sentences.", ""
    ),
    Section(
        "hypotheses",
        "Hypotheses",
        "hypotheses",
        "Possible causes. Name the reports that speak for each by their numbers.",
        "No cause is suspected yet.",
    ),
    Section(
        "files",
        "Candidate files",
        "files",
        "Files that may have to change, best first. The diff marks changes outside them.",
        "No file is named: the agent will search.",
    ),
    Section(
        "tests",
        "Tests to look at",
        "files",
        "Tests that cover the behaviour, or where a new one belongs.",
        "No test is named.",
    ),
    Section("steps", "Steps", "lines", "One step per line, in order.", ""),
    Section(
        "criteria",
        "Acceptance criteria",
        "criteria",
        "What must hold afterwards, and the numbers of the reports that ask for it. The test or the "
        "command that it names in backticks is what checks it after a job.",
        "",
    ),
    Section(
        "validation",
        "Validation",
        "lines",
        "How it is checked, one step per line.",
        "No validation beyond the tests.",
    ),
    Section("risks", "Risks", "lines", "What could go wrong, one per line.", "No risk is known."),
)
BY_NAME = {section.name: section for section in SECTIONS}


def stored(section: Section, content: Mapping[str, Any]) -> str | list[Row]:
    """What the form of a section shows at first."""
    value = content.get(section.name) or []
    if section.kind == "text":
        return str(content.get(section.name, ""))
    if section.kind == "lines":
        return "\n".join(" ".join(line.split()) for line in value)
    return [_row(section.kind, part) for part in value]


def posted(section: Section, post: QueryDict) -> str | list[Row]:
    """What a person typed, as they typed it."""
    if section.kind in {"text", "lines"}:
        return post.get("text", "")
    columns = _COLUMNS[section.kind]
    values = zip(*(post.getlist(column) for column in columns), strict=False)
    rows = [dict(zip(columns, row, strict=True)) for row in values]
    return [row for row in rows if row[columns[0]].strip()]


def with_spares(value: str | list[Row]) -> str | list[Row]:
    """Rows with empty ones below, to add something without script."""
    return value if isinstance(value, str) else [*value, *({} for _ in range(_SPARE_ROWS))]


def changes(section: Section, value: str | list[Row], content: Mapping[str, Any]) -> dict[str, Any]:
    """What `plans.edit` takes; raises Invalid for a report number that is none."""
    if isinstance(value, str):
        lines = [line.strip() for line in value.splitlines() if line.strip()]
        return {section.name: value if section.kind == "text" else lines}
    if section.kind == "files":
        scores = {part["path"]: part.get("score", 0.0) for part in content.get(section.name, [])}
        return {
            section.name: [{**row, "score": scores.get(row["path"].strip(), 0.0)} for row in value]
        }
    return {section.name: [_cited(section, row) for row in value]}


def _row(kind: Kind, part: Mapping[str, Any]) -> Row:
    row = {column: str(part.get(column, "")) for column in _COLUMNS[kind]}
    if "evidence" in row:
        row["evidence"] = ", ".join(str(number) for number in part.get("evidence", []))
    return row


def _cited(section: Section, row: Row) -> dict[str, Any]:
    words = [word for word in re.split(r"[\s,;]+", row["evidence"].replace("#", "")) if word]
    if wrong := [word for word in words if not re.fullmatch(r"[0-9]{1,18}", word)]:
        text = (
            f"“{wrong[0][:40]}” is not the number of a report: write numbers, separated by commas."
        )
        raise Invalid(
            "plan_invalid", f"The plan was not saved: {text}", fields={section.name: [text]}
        )
    return {**row, "evidence": [int(word) for word in words]}


def lines_of(section: Section, content: Mapping[str, Any]) -> Sequence[str]:
    """A section as lines to compare: a text's own, and one for each entry of a list."""
    if section.kind in {"text", "lines"}:
        value = content.get(section.name) or []
        return value.splitlines() if isinstance(value, str) else value
    rows = [_row(section.kind, part) for part in content.get(section.name) or []]
    return [" · ".join(text for text in row.values() if text) for row in rows]
