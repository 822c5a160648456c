from __future__ import annotations

import json

import pytest

from clusters.sources.base import IncomingReport, Parsed, Refused
from clusters.sources.json_lines import JsonLinesSource


def parse(payload: str | bytes) -> list[Parsed]:
    data = payload.encode() if isinstance(payload, str) else payload
    return list(JsonLinesSource().parse(data))


def test_one_report_a_line_and_bad_lines_refused_by_number() -> None:
    good, bad, number, last = parse('{"title": "A"}\n{"title": \n\n5\n{"text": "B"}\n')
    assert isinstance(good, IncomingReport)
    assert isinstance(bad, Refused)
    assert (bad.row, bad.excerpt) == (2, '{"title":')
    assert isinstance(number, Refused)
    assert number.row == 4
    assert isinstance(last, IncomingReport)
    assert last.title == last.body == "B"


def test_an_export_of_github_issues_is_understood() -> None:
    issue = {
        "number": 12,
        "title": "Total is wrong",
        "body": None,
        "user": {"login": "ann"},
        "html_url": "https://github.example/a/b/issues/12",
        "created_at": "2024-05-01T10:00:00Z",
        "labels": ["bug"],
    }
    (report,) = parse(json.dumps([issue]))
    assert isinstance(report, IncomingReport)
    assert (report.external_id, report.author, report.body) == ("12", "ann", "")
    assert report.url.endswith("/issues/12")
    assert report.occurred_at is not None
    assert report.metadata == {"labels": '["bug"]'}


def test_an_object_without_text_fields_names_what_was_found() -> None:
    (refused,) = parse('{"colour": "red"}')
    assert isinstance(refused, Refused)
    assert "colour" in refused.reason


def test_a_byte_order_mark_is_ignored() -> None:
    (report,) = parse(b'\xef\xbb\xbf{"title": "A"}')
    assert isinstance(report, IncomingReport)


@pytest.mark.parametrize(
    "payload", ["[" * 200_000, '{"a":' * 100_000, '{"title": ' + "9" * 5_000 + "}"]
)
def test_hostile_json_is_refused(payload: str) -> None:
    assert all(isinstance(found, Refused) for found in parse(payload))


def test_a_lone_surrogate_does_not_reach_the_database() -> None:
    (report,) = parse('{"title": "A\\ud800B"}')
    assert isinstance(report, IncomingReport)
    assert report.title == "AB"
