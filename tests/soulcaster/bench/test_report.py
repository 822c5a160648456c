"""Figures for people and for machines."""

from __future__ import annotations

import json

import pytest

from soulcaster.bench import report
from soulcaster.bench.report import Figure, at_least, at_most, fact


@pytest.mark.parametrize(
    ("figure", "ok", "bar"),
    [
        (at_most("x", 2.0, 2.0), True, "at most 2"),
        (at_most("x", 2.01, 2.0), False, "at most 2"),
        (at_least("x", 0.8, 0.8), True, "at least 0.8"),
        (at_least("x", 20_000, 20_001), False, "at least 20,001"),
        (fact("x", 1.0), None, ""),
    ],
)
def test_a_figure_is_held_against_its_bar(figure: Figure, ok: bool | None, bar: str) -> None:
    assert (figure.ok, figure.bar) == (ok, bar)


def test_a_table_says_what_was_measured_beside_what() -> None:
    figures = [at_most("a job", 12.345, 1.5, "s", plain=11.0, note="medians"), fact("load", 4200)]
    lines = report.table(figures).splitlines()
    assert " ".join(lines[2].split()) == "a job 12.3 s 11 s at most 1.5 MISSED"
    assert lines[3].strip() == "medians"
    assert lines[4].split() == ["load", "4,200"]


@pytest.mark.django_db
def test_machines_get_figures_beside_facts() -> None:
    facts = report.machine()
    answer = json.loads(json.dumps(report.as_dict(facts, {"jobs": [fact("x", 1.5, "s")]})))
    assert answer["machine"]["cores"] >= 1
    assert {*answer["machine"]} >= {"date", "load", "database", "python"}
    assert answer["benchmarks"]["jobs"] == [
        {
            "name": "x",
            "value": 1.5,
            "unit": "s",
            "bar": "",
            "plain": None,
            "ok": None,
            "note": "",
        }
    ]
