"""The reports are many, different, harmless, and in the importers' own formats."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from clusters.sources.base import IncomingReport, Parsed, Refused
from clusters.sources.csv_file import CsvSource
from clusters.sources.json_lines import JsonLinesSource
from soulcaster.demo import material
from tests.soulcaster.demo.truth import TRUTH


def read(path: Path) -> list[IncomingReport]:
    return [report for report in parse(path) if isinstance(report, IncomingReport)]


def parse(path: Path) -> list[Parsed]:
    source = CsvSource() if path.suffix == ".csv" else JsonLinesSource()
    return list(source.parse(path.read_bytes()))


@pytest.fixture(scope="module")
def reports() -> list[IncomingReport]:
    return [report for path in material().reports for report in read(path)]


def test_they_come_from_at_least_five_kinds_of_source() -> None:
    assert len(material().reports) >= 5
    assert all(read(path) for path in material().reports)


def test_there_are_at_least_44_of_them_and_each_is_known(reports: list[IncomingReport]) -> None:
    ids = {report.external_id for report in reports}
    assert len(ids) >= 44
    assert ids == set(TRUTH)


def test_most_are_about_the_defect_that_the_transcript_fixes() -> None:
    counts = Counter(TRUTH.values())
    assert counts["coupons"] >= 18
    assert counts["export"] >= 8
    assert counts["closing"] >= 7
    assert counts["noise"] >= 8


def test_only_the_one_that_was_sent_twice_is_refused() -> None:
    refused = [
        report
        for path in material().reports
        for report in parse(path)
        if isinstance(report, Refused)
    ]
    assert [report.excerpt for report in refused] == ["Gives money away"]


def test_two_people_said_the_same(reports: list[IncomingReport]) -> None:
    same = [words for words, times in Counter(each.body for each in reports).items() if times > 1]
    assert same == [
        "When customers combine two discount coupons the till takes off more than it should."
    ]


def test_all_were_written_in_the_same_autumn(reports: list[IncomingReport]) -> None:
    for report in reports:
        assert report.occurred_at is not None
        assert (report.occurred_at.year, report.occurred_at.month in {9, 10, 11}) == (2026, True)


def test_nobody_real_can_be_written_to() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in material().reports)
    addresses = re.findall(r"[\w.]+@([\w.]+)", text)
    assert addresses
    assert all(re.search(r"(^|\.)example\.(com|org)$", domain) for domain in addresses)


def test_hidden_characters_are_there_and_do_not_survive_the_import(
    reports: list[IncomingReport],
) -> None:
    raw = "".join(path.read_text(encoding="utf-8") for path in material().reports)
    assert "\u200b" in raw
    assert not any("\u200b" in report.body for report in reports)
