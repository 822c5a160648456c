from __future__ import annotations

import csv
from pathlib import Path

import pytest

from clusters.describing.base import Report
from clusters.scoring import duplicates, grouping
from clusters.scoring.base import ScoringError
from tests.clusters.grouping.reports import ITEMS, LABELS


def write(path: Path, header: list[str], rows: list[list[str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def text_of(report: Report) -> str:
    return f"{report.title}\n{report.body}"


def reports(path: Path) -> Path:
    return write(path, ["text", "label"], [[text_of(item), LABELS[item.id]] for item in ITEMS])


def test_every_row_gets_a_group_and_the_figures_are_told(tmp_path: Path) -> None:
    said: list[str] = []
    out = tmp_path / "out.csv"
    items = reports(tmp_path / "items.csv")
    grouping.run({"items": items, "out": out, "order": 1, "lexical": True}, said.append)
    with out.open(encoding="utf-8") as file:
        assert [int(row["row"]) for row in csv.DictReader(file)] == list(range(len(ITEMS)))
    assert any("ARI" in line and "B-cubed" in line for line in said)


def test_labels_may_be_missing(tmp_path: Path) -> None:
    said: list[str] = []
    items = write(tmp_path / "items.csv", ["text"], [["Export is cut off"], ["Login loops"]])
    options = {"items": items, "out": tmp_path / "out.csv", "order": None, "lexical": True}
    grouping.run(options, said.append)
    assert not any("ARI" in line for line in said)


def test_a_file_without_texts_is_refused(tmp_path: Path) -> None:
    items = write(tmp_path / "items.csv", ["body"], [["x"]])
    options = {"items": items, "out": tmp_path / "out.csv", "order": None, "lexical": True}
    with pytest.raises(ScoringError, match="column text"):
        grouping.run(options, print)


def test_a_repeated_report_is_found_among_earlier_ones(tmp_path: Path) -> None:
    texts = [*map(text_of, ITEMS), "The last week is missing in a month exported to PDF"]
    items = write(tmp_path / "i.csv", ["id", "text"], [[f"r{n}", t] for n, t in enumerate(texts)])
    pairs = write(tmp_path / "d.csv", ["a", "b"], [["r1", f"r{len(texts) - 1}"]])
    said: list[str] = []
    duplicates.run({"items": items, "duplicates": pairs, "lexical": True}, said.append)
    assert "/1.000/1.000 over 1 duplicates among 31 reports" in said[0]


def test_duplicates_of_unknown_reports_are_refused(tmp_path: Path) -> None:
    items = write(tmp_path / "i.csv", ["id", "text"], [["a", "x"]])
    pairs = write(tmp_path / "d.csv", ["a", "b"], [["a", "zz"]])
    with pytest.raises(ScoringError, match="no two different reports"):
        duplicates.run({"items": items, "duplicates": pairs, "lexical": True}, print)
